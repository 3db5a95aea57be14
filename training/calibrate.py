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
from train_line import read_greedily

BOUNDS = [0, 1, 2, 3, 4, 5, 6, 8, np.inf]


def main(checkpoint: str, count: int = 1_500) -> None:
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
        for row, line, text, length in zip(logs, read_greedily(logs), texts[part], lengths[part], strict=True):
            if len(line) != length:
                continue
            compared += 1
            best, place = row.max(-1), -1
            for frame in range(len(row)):
                character = best.indices[frame].item()
                if character == 0 or (frame and character == best.indices[frame - 1].item()):
                    continue
                place += 1
                margin = (best.values[frame] - row[frame].topk(2).values[1]).item()
                bin_of = np.searchsorted(BOUNDS, margin, side="right") - 1
                all_of[bin_of] += 1
                right[bin_of] += character == text[place]
    print(f"{compared} of {count} lines had the right length")
    for index in range(len(BOUNDS) - 1):
        wrong = int(all_of[index] - right[index])
        print(f"{BOUNDS[index]} to {BOUNDS[index + 1]} nats: {wrong} wrong of {int(all_of[index])}")


if __name__ == "__main__":
    main(sys.argv[1])
