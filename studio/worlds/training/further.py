"""Losses beside a model's own, of the frames that it makes while it learns: off unless they are given a weight.

Perceptual (Johnson et al. 2016): made and true frames are compared by what a fixed network sees in them. Action
consistency: a network that names the action between frames (inverse dynamics) must name the one that was pressed.
Both look through a reader (`studio.worlds.evaluation.readers`): what a model learns to please is no judge of it any
more, so measure such a model by what does not read (pixels, retrieval), or learn through a reader of another seed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from studio.errors import BadInput
from studio.worlds.evaluation.readers.network import CELL, Reader
from studio.worlds.evaluation.readers.shelf import load_reader, shipped
from studio.worlds.models.base import model_class
from studio.worlds.training.precision import training_device
from studio.worlds.training.presets import FURTHER, Schedule

SEEN = 2
"""True frames that the reader sees before a made one: with four, which take longer, it names actions hardly better
(cross-entropy 0.686 instead of 0.689 on 192 true clips of val levels)."""


class Further:
    """Both losses, by their weights, through ``reader``; what `Trainable.further` is set to. A weight of 0 is not
    computed. ``fingerprint``: twelve hex digits of the reader's weights."""

    def __init__(self, reader: Reader, perceptual: float, action_consistency: float) -> None:
        self.reader, self.perceptual, self.action_consistency = reader, perceptual, action_consistency
        held = b"".join(value.cpu().contiguous().numpy().tobytes() for value in reader.state_dict().values())
        self.fingerprint = hashlib.sha256(held).hexdigest()[:12]

    def __call__(
        self, made: Tensor, true: Tensor, past: Tensor | None = None, acted: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Of pixels [N, 3, H, W], the true ``past`` [N, K, 3, H, W] and the action that led from it (int [N]): each
        loss by itself, and ``further``, their weighted sum."""
        told, total = {}, made.new_zeros((), dtype=torch.float32)
        if self.perceptual:
            told["perceptual"] = perceptual(self.reader, made, true)
            total = total + self.perceptual * told["perceptual"]
        if self.action_consistency and past is not None and acted is not None:
            told["action_consistency"] = action_consistency(self.reader, made, past, acted)
            total = total + self.action_consistency * told["action_consistency"]
        return {**told, "further": total}


def perceptual(reader: Reader, made: Tensor, true: Tensor) -> Tensor:
    """Squared distance of what each layer of the reader's trunk sees in pixels [N, 3, H, W], in shares of what it sees
    in the true ones, mean over layers: about 1 where nothing is right."""
    with torch.no_grad():
        wanted = _seen(reader, true)
    shares = [
        (m.float() - t.float()).square().mean() / t.float().square().mean().clamp(min=1e-6)
        for m, t in zip(_seen(reader, made), wanted, strict=True)
    ]
    return torch.stack(shares).mean()


def _seen(reader: Reader, pixels: Tensor) -> list[Tensor]:
    x, found = F.pixel_unshuffle(pixels, CELL), []
    for layer in reader.stem:
        x = layer(x)
        found.append(x)
    return found


def action_consistency(reader: Reader, made: Tensor, past: Tensor, acted: Tensor) -> Tensor:
    """Cross-entropy of the action ``acted`` (int [N]) as the reader names it between the last frame of ``past``
    [N, K, 3, H, W] and ``made`` [N, 3, H, W]; frames are not rounded, so that there is a gradient."""
    past, made = past[:, -SEEN:], made[:, None].to(past.dtype)
    with torch.no_grad():
        before = reader.trunk(past)
    frames = (torch.cat((past, made), 1) + 1).mul(127.5).movedim(2, -1)
    output = reader.paired(frames, torch.cat((before, reader.trunk(made)), 1))
    return F.cross_entropy(output.actions[:, -1].float(), acted)


def open_further(name: str, schedule: Schedule, settings: dict[str, Any], path: Path | None) -> Further | None:
    """What ``schedule`` adds to model ``name``, through the reader in ``path`` (default: the one that comes with
    Studio); None where it adds nothing. Raises BadInput where the model or the reader cannot be used so."""
    wanted = [loss for loss in FURTHER if getattr(schedule, loss)]
    if not wanted:
        if path is not None:
            raise BadInput("--reader is given and nothing looks through it; give --perceptual or --action-consistency")
        return None
    can = model_class(name).looked_at
    for loss in wanted:
        if loss not in can:
            raise BadInput(f"{name} has no loss {loss}; it can be given: {', '.join(can) or 'none'}")
    reader = load_reader(path or shipped() / "reader.safetensors")
    reads = {side: getattr(reader.config, side) for side in ("height", "width", "actions")}
    shown = {side: settings[side] for side in reads}
    if schedule.action_consistency and reads != shown:
        raise BadInput(
            f"the reader names {reads['actions']} actions in {reads['height']}x{reads['width']} frames, the data has "
            f"{shown['actions']} in {shown['height']}x{shown['width']}: no action_consistency there"
        )
    return Further(reader.to(training_device()), schedule.perceptual, schedule.action_consistency)
