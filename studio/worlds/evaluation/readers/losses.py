"""What the reader is fitted to: physics, actions, and for features of clips the order of frames and the scenery."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from studio.worlds.evaluation.readers.network import ORDERS, Output, Reader
from studio.worlds.evaluation.readers.truth import Truth
from studio.worlds.models.base import to_float

WEIGHTS = {"place": 0.5, "solid": 1.0, "scroll": 0.5, "actions": 1.0, "velocity": 0.5, "flags": 1.0, "order": 0.3}
"""Chosen so that no part has more than about a third of the loss at the start, or of its gradient."""


def losses(reader: Reader, truth: Truth, generator: torch.Generator) -> dict[str, Tensor]:
    """Scalars by name; ``loss`` is their weighted sum. Half of the clips are seen through `worn` pixels."""
    pixels = worn(to_float(truth.frames), generator)
    seen = reader.trunk(pixels)
    output = reader.paired(truth.frames, seen)
    found = _physics(output, truth)
    order, kind = reordered(seen.shape[0], seen.shape[1], generator)
    order, kind = order.to(seen.device), kind.to(seen.device)
    rows = torch.arange(len(order), device=order.device)[:, None]
    again = reader.paired(truth.frames[rows, order], seen[rows, order])
    features = reader.features(again.hidden)[:, 0].float()
    features = F.silu(features)
    found["order"] = F.cross_entropy(reader.order(features), kind)
    found["order"] = found["order"] + F.cross_entropy(reader.theme(features), truth.theme)
    return {"loss": sum((w * found[name] for name, w in WEIGHTS.items()), torch.zeros(())), **found}


def _physics(output: Output, truth: Truth) -> dict[str, Tensor]:
    return {
        "place": F.cross_entropy(output.place.flatten(0, 1), truth.place.flatten()),
        "solid": F.binary_cross_entropy_with_logits(output.solid.float(), truth.solid),
        "scroll": F.cross_entropy(output.scroll.float().flatten(0, 1), truth.scroll.flatten()),
        "actions": F.cross_entropy(output.actions.float().flatten(0, 1), truth.actions.flatten()),
        "velocity": F.smooth_l1_loss(output.velocity.float(), truth.velocity, beta=0.5),
        "flags": F.binary_cross_entropy_with_logits(output.flags.float(), truth.flags),
    }


def worn(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Pixels [B, T, 3, H, W]; every second clip gets noise and a little blur, as a codec leaves them, so that the
    reader still reads what a good codec gives back. No frame that a model made is ever seen in fitting."""
    out = pixels.clone()
    noise = torch.randn(pixels[::2].shape, generator=generator).to(pixels.device)
    some = torch.rand(len(noise), 2, generator=generator).to(pixels.device)[..., None, None, None, None]
    soft = F.avg_pool2d(F.pad(pixels[::2].flatten(0, 1), (1, 1, 1, 1), mode="replicate"), 3, 1).view_as(noise)
    out[::2] += (soft - pixels[::2]) * 0.6 * some[:, 0] + noise * 0.04 * some[:, 1]
    return out


def reordered(clips: int, frames: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """An order of frames for each clip [B, T] and which of `ORDERS` it is [B]; held frames stay for 2 to 5 steps."""
    kind = torch.randint(len(ORDERS), (clips,), generator=generator)
    orders = []
    for which in kind.tolist():
        order = torch.arange(frames)
        if ORDERS[which] == "reversed":
            order = order.flip(0)
        elif ORDERS[which] == "shuffled":
            order = torch.randperm(frames, generator=generator)
        elif ORDERS[which] == "held":
            steps = int(torch.randint(2, 6, (), generator=generator))
            order = order // steps * steps
        orders.append(order)
    return torch.stack(orders), kind
