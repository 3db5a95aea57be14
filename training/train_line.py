"""Trains the line reader on drawn rows: `python train_line.py line.pt`."""

import cv2
import numpy as np
import torch
from lines import FRAMES, LineArtist
from loop import arguments, train
from networks import LineReader, normalise
from textures import textures
from torch.nn import functional

cv2.setNumThreads(1)
options = arguments(steps=5_000, batch=64)


def make_drawing(seed: int):
    artist = LineArtist(seed, textures(np.random.default_rng(seed), 150))

    def draw(progress):
        artist.hard = 1.0 if options.start else 0.55 + 0.45 * min(1, progress / 0.3)
        return tuple(torch.from_numpy(part) for part in artist.batch(options.batch))

    return draw


def loss_of(network, batch, progress):
    """CTC, and at first also where each character is, which the drawing knows: without it, learning starts slowly."""
    strips, texts, lengths, middles = batch
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = network(normalise(strips))
    logs = scores.float().log_softmax(-1)
    count = torch.full((len(strips),), FRAMES)
    reading = functional.ctc_loss(logs.transpose(0, 1), texts, count, lengths, zero_infinity=True)
    place = functional.nll_loss(logs.reshape(-1, 38), middles.reshape(-1))
    return reading + 2 * (0.05 if options.start else max(0.05, 1 - progress / 0.25)) * place


def read_greedily(logs: torch.Tensor) -> list[list[int]]:
    lines = []
    for row in logs.argmax(-1).tolist():
        lines.append([best for place, best in enumerate(row) if best and (place == 0 or row[place - 1] != best)])
    return lines


VALIDATION = tuple(torch.from_numpy(part) for part in LineArtist(777, textures(np.random.default_rng(777), 80), 60).batch(512))


def validate(network) -> dict:
    strips, texts, lengths, _ = VALIDATION
    with torch.no_grad():
        logs = torch.cat([network(normalise(part)).log_softmax(-1) for part in strips.split(64)])
    count = torch.full((len(strips),), FRAMES)
    nats = functional.ctc_loss(logs.transpose(0, 1), texts, count, lengths, reduction="sum")
    exact = [line == text[:length].tolist() for line, text, length in zip(read_greedily(logs), texts, lengths, strict=True)]
    return {"lines exact": sum(exact) / len(exact), "nats a character": nats.item() / int(lengths.sum())}


if __name__ == "__main__":
    train(options, LineReader(), LineReader(), make_drawing, loss_of, validate)
