"""What a flow model remembers of the frame before, and the best guess from it that needs no knowledge of the world."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from studio.worlds.models.base import noise_like

CHANGE = 0.4
"""Deviation of a frame's latents, whose own is 1, from what motion alone would make of the frame before: 0.36 on
Backlot, where the frame before itself is 0.5 away."""


class Before(NamedTuple):
    """Of each frame of a clip, what is remembered of the one before it: its latents as they were shown, and what they
    would be by now if everything went on as it moved, both [B, T, C, h, w] at noise level ``level`` [B, T]."""

    shown: Tensor
    carried: Tensor
    level: Tensor


def likely(noisy: Tensor, level: Tensor, before: Before) -> Tensor:
    """The best guess at clean latents without any knowledge of the world, which the network corrects: the mean of a
    normal distribution around what motion made of the frame before, given what can be seen through both noises."""
    t, b = level[..., None, None, None], before.level[..., None, None, None]
    told = t / (1 - t).square().clamp(min=1e-3)
    kept = b / ((1 - b).square() + (CHANGE * b).square()).clamp(min=1e-3)
    return (told * noisy + kept * before.carried) / (told * t + kept * b + 1)


def seen(x: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """``x`` [B, T, C, h, w] through noise, at ``level`` [B, T]."""
    return mixed(x, noise_like(x, generator), level)


def mixed(x: Tensor, noise: Tensor, level: Tensor) -> Tensor:
    wide = level[..., None, None, None]
    return wide * x + (1 - wide) * noise


def later(carried: Tensor) -> Tensor:
    """What is made of each frame, from what each was made of: nothing is of the last."""
    return torch.cat([carried[:, 1:], torch.zeros_like(carried[:, :1])], 1)


def of_before(held: Before) -> Before:
    """What is held of each frame, for the one after it; the first has none, which is level 0 and zeros."""
    return Before(*(torch.cat([torch.zeros_like(each[:, :1]), each[:, :-1]], 1) for each in held))
