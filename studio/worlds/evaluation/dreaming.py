"""Made futures: the model's own, the last frame copied, and true frames through a codec."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from studio.worlds.evaluation.rollouts import Rollouts
from studio.worlds.evaluation.scratch import Scratch
from studio.worlds.models.base import Codec, WorldModel

TOGETHER = 8
"""Clips a batch; part of what noise is drawn, so it does not depend on the machine."""


def device_of(model: torch.nn.Module) -> torch.device:
    """Where its weights are; the CPU for a model without any."""
    return next((p.device for p in model.parameters()), torch.device("cpu"))


@torch.no_grad()
def dreamt(model: WorldModel, given: Rollouts, samples: int, seed: int, room: Scratch) -> Tensor:
    """``samples`` futures of each start: uint8 [N, S, T, H, W, 3]. A model whose second sample is equal to its first
    has no chance in it: one future is made of each."""
    made = room.frames(len(given), samples, given.steps, *given.context.shape[2:])
    for start in range(0, len(given), TOGETHER):
        part = slice(start, start + TOGETHER)
        for sample in range(samples):
            _dream(model, given, part, made[part, sample], seed * 1_000_003 + start * 1_009 + sample)
            if start == 0 and sample == 1 and torch.equal(made[part, 0], made[part, 1]):
                return dreamt(model, given, 1, seed, room)
    return made


def _dream(model: WorldModel, given: Rollouts, part: slice, into: Tensor, seed: int) -> None:
    device, generator = device_of(model), torch.Generator().manual_seed(seed)
    context = model.init_context(given.context[part].to(device), given.actions_before[part].to(device))
    for step, action in enumerate(given.actions[part].to(device).unbind(1)):
        into[:, step] = model.step(context, action, generator).cpu()


def copied(given: Rollouts) -> Tensor:
    """The last true frame for ever: [N, 1, T, H, W, 3], a view."""
    return given.context[:, -1:, None].expand(-1, -1, given.steps, -1, -1, -1)


def codec_of(model: Any) -> Codec | None:
    """The codec that a model dreams in, or is; None where it works on pixels."""
    found = model if isinstance(model, Codec) else getattr(model, "codec", None)
    return found if isinstance(found, Codec) else None


@torch.no_grad()
def coded(codec: Codec, frames: Tensor, room: Scratch) -> Tensor:
    """True frames [N, T, H, W, 3] encoded and decoded: [N, 1, T, H, W, 3]."""
    made = room.frames(frames.shape[0], 1, *frames.shape[1:])
    device = device_of(codec)
    for row, clip in zip(made, frames, strict=True):
        for start in range(0, len(clip), 16):
            part = clip[start : start + 16].to(device)
            row[0, start : start + 16] = codec.restored(codec.normalised(part)).cpu()
    return made
