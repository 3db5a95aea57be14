"""How often the line reader is wrong, by how far its best character is from the next: `python calibrate.py line.pt`.

Characters are compared place by place where a line was read with as many characters as it has.
"""

import sys

import cv2
import numpy as np
import torch
from lines import LineArtist
from networks import LineReader, normalise
from textures import textures

BOUNDS = [0, 1, 2, 3, 4, 5, 6, 8, np.inf]


def main(checkpoint: str, count: int = 1_000) -> None:
    cv2.setNumThreads(1)
    network = LineReader()
    network.load_state_dict(torch.load(checkpoint)["weights"])
    network.eval()
    strips, texts, lengths, _ = LineArtist(4_242, textures(np.random.default_rng(4_242), 80), 100).batch(count)
    right, all_of = np.zeros(len(BOUNDS)), np.zeros(len(BOUNDS))
    compared = 0
    for start in range(0, count, 50):
        part = slice(start, start + 50)
        with torch.no_grad():
            logs = network(normalise(torch.from_numpy(strips[part]))).log_softmax(-1)
        (first, second), best = logs.topk(2).values.unbind(-1), logs.argmax(-1).numpy()
        margins = (first - second).numpy()
        for row, margin, text, length in zip(best, margins, texts[part], lengths[part], strict=True):
            # A frame is a character where it is no blank and not the frame before again.
            frames = (row > 0) & (row != np.concatenate([[0], row[:-1]]))
            if frames.sum() != length:
                continue
            compared += 1
            bins = np.searchsorted(BOUNDS, margin[frames], side="right") - 1
            np.add.at(all_of, bins, 1)
            np.add.at(right, bins, row[frames] == text[:length])
    print(f"{compared} of {count} lines had the right length")
    for index in range(len(BOUNDS) - 1):
        wrong = int(all_of[index] - right[index])
        print(f"{BOUNDS[index]} to {BOUNDS[index + 1]} nats: {wrong} wrong of {int(all_of[index])}")


if __name__ == "__main__":
    main(sys.argv[1])
