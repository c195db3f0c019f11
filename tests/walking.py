"""A world that a model learns in seconds: a square that two keys move; from its past nobody could tell which way."""

from __future__ import annotations

from typing import Any

import torch

from studio.worlds.data.dataset import Batch


def walked(count: int, length: int, random: torch.Generator) -> Batch:
    """Clips of ``length`` frames in which key 0 moves the square two pixels to the left, key 1 to the right."""
    way = torch.tensor([(0, -2), (0, 2)])
    keys = torch.randint(0, 2, (count, length - 1), generator=random)
    at = torch.randint(12, 16, (count, 2), generator=random)
    frames = torch.full((count, length, 32, 48, 3), 40, dtype=torch.uint8)
    for t in range(length):
        if t:
            at = at + way[keys[:, t - 1]]
        for n, (y, x) in enumerate(at.tolist()):
            frames[n, t, y : y + 10, x : x + 10] = 200
    return Batch(frames, keys)


def taught(model: Any, steps: int, length: int, rate: float, random: torch.Generator) -> None:
    """Fit ``model`` to fresh clips, eight a step."""
    optimizer = torch.optim.AdamW(model.trained(), rate)
    for _ in range(steps):
        loss = model.losses(walked(8, length, random), random, 0.0)["loss"]
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.trained(), 1.0)
        optimizer.step()
