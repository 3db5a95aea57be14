"""Trains the zone finder on drawn photographs: `python train_zone.py zone.pt`."""

import cv2
import numpy as np
import torch
from loop import arguments, train
from networks import ZoneFinder, normalise
from pages import Photographer
from textures import textures
from torch.nn import functional

cv2.setNumThreads(1)
options = arguments(steps=4_500, batch=16)


def make_drawing(seed: int):
    photographer = Photographer(seed, textures(np.random.default_rng(seed), 150))
    return lambda progress: tuple(torch.from_numpy(part) for part in photographer.batch(options.batch))


def loss_of(network, batch, progress):
    pictures, areas = batch
    wanted = areas.float() / 255
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = network(normalise(pictures))
    scores = scores.float()
    pointwise = functional.binary_cross_entropy_with_logits(scores, wanted, weight=1 + 3 * wanted)
    shares = scores.sigmoid()
    overlap = (2 * (shares * wanted).sum((2, 3)) + 20) / ((shares + wanted).sum((2, 3)) + 20)
    return 4 * pointwise + (1 - overlap).mean()


def validation_set(count: int = 320):
    photographer = Photographer(777, textures(np.random.default_rng(777), 60))
    return tuple(torch.from_numpy(part) for part in photographer.batch(count))


PICTURES, AREAS = validation_set()


def validate(network) -> dict:
    """How well the areas overlap, how often the rows are the right way round, and what is seen where no zone is."""
    with torch.no_grad():
        shares = torch.cat([network(normalise(part)).sigmoid() for part in PICTURES.split(32)])
    wanted = AREAS.float() / 255
    has_zone = wanted.sum((1, 2, 3)) > 30
    both, seen = wanted.amax(1) > 0.5, shares.amax(1) > 0.5
    overlap = (both & seen).sum((1, 2)) / (both | seen).sum((1, 2)).clamp(min=1)
    right = (shares * wanted).sum((1, 2, 3)) > (shares * wanted.flip(1)).sum((1, 2, 3))
    return {
        "overlap": overlap[has_zone].mean().item(),
        "overlap over 0.5": (overlap[has_zone] > 0.5).float().mean().item(),
        "right way up": right[has_zone].float().mean().item(),
        "seen without a zone": (seen[~has_zone].sum((1, 2)) > 30).float().mean().item(),
    }


if __name__ == "__main__":
    train(options, ZoneFinder(), ZoneFinder(), make_drawing, loss_of, validate)
