"""Looking at a model while it trains: do actions matter, how long does it stay true, what does it look like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from studio.publish import publish_bytes
from studio.worlds.data.dataset import Batch
from studio.worlds.models.base import Codec, Trainable, WorldModel, to_frames
from studio.worlds.training.checkpoint import step_generator

HORIZONS = (1, 2, 4, 8, 16)


@torch.no_grad()
def action_gap(model: Trainable, batch: Batch, progress: float) -> float:
    """How much worse the loss is with the batch's actions shuffled, as a share of the loss: near 0, they do not matter.

    Noise is the same both times.
    """
    order = torch.randperm(batch.actions.numel(), generator=torch.Generator().manual_seed(0))
    mixed = batch.actions.flatten()[order.to(batch.actions.device)].view_as(batch.actions)
    shuffled = Batch(batch.frames, mixed, batch.boxes, batch.latents, batch.carried)
    true = float(model.losses(batch, step_generator(0, 0), progress)["loss"])
    false = float(model.losses(shuffled, step_generator(0, 0), progress)["loss"])
    return (false - true) / max(true, 1e-12)


def psnr(made: Tensor, true: Tensor) -> float:
    """Of uint8 frames, in dB over all of them; 99 where they are equal."""
    error = (made.float() - true.float()).square().mean().item()
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


@torch.no_grad()
def rollout(model: WorldModel, batch: Batch, context: int, seed: int = 0) -> Tensor:
    """Frames that follow the first ``context`` ones under the batch's actions: uint8 [B, T-context, H, W, 3]."""
    generator = torch.Generator().manual_seed(seed)
    state = model.init_context(batch.frames[:, :context], batch.actions[:, : context - 1])
    actions = batch.actions[:, context - 1 :].unbind(1)
    return torch.stack([model.step(state, action, generator) for action in actions], 1)


def look(model: Any, batch: Batch, context: int, path: Path) -> dict[str, float]:
    """Publish a strip as ``path`` and give PSNR: of reconstructions for a codec, by horizon for a world model (with
    the last true frame copied beside it)."""
    if isinstance(model, Codec):
        with torch.no_grad():
            true = batch.frames[:, :: max(1, batch.frames.shape[1] // 4)][:, :4]
            made = to_frames(model.decode(model.encode(true.flatten(0, 1)))).view_as(true)
        publish_strip(path, true, made)
        return {"psnr": psnr(made, true)}
    made, true = rollout(model, batch, context), batch.frames[:, context:]
    last = batch.frames[:, context - 1]
    told = {}
    shown = [h for h in HORIZONS if h <= true.shape[1]]
    for h in shown:
        told[f"psnr_{h}"], told[f"copy_last_{h}"] = psnr(made[:, h - 1], true[:, h - 1]), psnr(last, true[:, h - 1])
    at = [h - 1 for h in shown]
    publish_strip(path, true[:, at], made[:, at])
    return told


def publish_strip(path: Path, true: Tensor, made: Tensor, clips: int = 3) -> None:
    """PNG, twice the size: for each of some clips [B, T, H, W, 3], a row of true frames over one of made frames."""
    import cv2

    rows = [torch.cat(list(each[clip]), 1) for clip in range(min(clips, len(true))) for each in (true, made)]
    picture = torch.cat(rows).cpu().numpy()[..., ::-1]
    large = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    publish_bytes(path, cv2.imencode(".png", large)[1].tobytes())
