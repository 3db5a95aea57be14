"""Draws rows that a checkpoint reads, for a test that it still does: `python samples.py line.pt ../lib/reader/models/rows`."""

import json
import sys

import cv2
import numpy as np
import torch
from lines import LineArtist
from networks import LineReader, normalise
from texts import ALPHABET
from textures import textures


def main(checkpoint: str, out: str, count: int = 16) -> None:
    cv2.setNumThreads(1)
    network = LineReader()
    network.load_state_dict(torch.load(checkpoint)["weights"])
    network.eval()
    artist = LineArtist(31_337, textures(np.random.default_rng(31_337), 30), 30)
    artist.hard = 0.3
    rows, texts = [], []
    while len(rows) < count:
        strip, text, _, pitch = artist.draw()
        # Whole rows of enough pixels and contrast.
        if len(text) < 44 or pitch < 11 or strip.std() < 45:
            continue
        with torch.no_grad():
            best = network(normalise(torch.from_numpy(strip)[None])).argmax(-1)[0].tolist()
        line = [index - 1 for place, index in enumerate(best) if index and (place == 0 or best[place - 1] != index)]
        if line == text.tolist():
            rows.append(strip)
            texts.append("".join(ALPHABET[index] for index in text))
    cv2.imwrite(out + ".png", np.vstack(rows), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    with open(out + ".json", "w") as file:
        file.write(json.dumps(texts, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
