"""The training loop of both networks: draws in a second process, trains in this one, keeps a running mean of the weights."""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info


class Endless(IterableDataset):
    """Batches from a drawing function that is made in the drawing process, with that process's own seed."""

    def __init__(self, make_drawing, seed: int, steps: int):
        self.make_drawing, self.seed, self.steps = make_drawing, seed, steps

    def __iter__(self):
        torch.set_num_threads(1)
        worker = get_worker_info()
        draw = self.make_drawing(self.seed * 1_000 + (worker.id if worker else 0))
        step = 0
        while True:
            step += 1
            yield draw(min(1.0, step * (worker.num_workers if worker else 1) / self.steps))


def arguments(steps: int, batch: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, help="the checkpoint to write")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--minutes", type=float, default=math.inf, help="ends earlier, with the rate brought down by then")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=2.5e-3, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="start", type=Path, help="a checkpoint to begin from")
    parser.add_argument("--drawers", type=int, default=1, help="processes that draw")
    parser.add_argument("--threads", type=int, default=1, help="threads that train")
    return parser.parse_args()


def optimiser(network, rate):
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 0.02}, {"params": others, "weight_decay": 0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def follow(mean, network, share):
    """Moves the running mean of the weights towards the network's."""
    with torch.no_grad():
        for kept, new in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, share)
            else:
                kept.copy_(new)


def train(options, network, mean, make_drawing, loss_of, validate):
    """`loss_of(network, batch, progress)` gives a loss, `validate(network)` a dictionary of figures."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    if options.start:
        network.load_state_dict(torch.load(options.start)["weights"])
    mean.load_state_dict(network.state_dict())
    network.to(memory_format=torch.channels_last)
    optimise = optimiser(network, options.rate)
    batches = iter(
        DataLoader(
            Endless(make_drawing, options.seed, options.steps),
            batch_size=None,
            num_workers=options.drawers,
            prefetch_factor=4,
        )
    )
    started, average = time.time(), None
    step, progress, validated = 0, 0.0, 0.0
    while progress < 1:
        step += 1
        progress = min(1.0, max(step / options.steps, (time.time() - started) / 60 / options.minutes))
        rate = options.rate * min(1, step / (50 if options.start else 200)) * (0.5 + 0.5 * math.cos(math.pi * progress)) + 1e-5
        for group in optimise.param_groups:
            group["lr"] = rate
        network.train()
        loss = loss_of(network, next(batches), progress)
        optimise.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimise.step()
        follow(mean, network, 1 - min(0.999, step / (step + 20)))
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"{time.time() - started:.0f} s, step {step}, loss {average:.4f}", flush=True)
        if progress - validated >= 0.1 or progress == 1:
            validated = progress
            figures = validate(mean.eval())
            print(json.dumps(figures), flush=True)
            kept = {"weights": mean.state_dict(), "steps": step, "seed": options.seed, "batch": options.batch, "figures": figures}
            torch.save(kept, options.out)
