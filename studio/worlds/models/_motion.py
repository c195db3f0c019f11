"""What a frame would be if everything in it went on as it moved: the prior that a video codec has.

Between two neighbouring frames of a scrolling world most of what changes is the camera. Dense optical flow (dense
inverse search, Kroeger et al. 2016, in OpenCV) from the last frame to the one before it says where each place came
from; each takes what lies as far again in the last frame. On held-out levels of Backlot that is 27.9 dB from the frame
to come, where the last frame itself is 25.1.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from studio.worlds.models.base import Codec

ALIKE = 0.5
"""Deviation of latents (their own is 1) at which half of a frame's detail still belongs to it, and more."""


def carried_on(before: Tensor, last: Tensor) -> Tensor:
    """The frame after ``last``, by the motion from ``before``: all uint8 [B, H, W, 3]."""
    return carried_by(last, flow_between(before, last))


def carried_by(last: Tensor, came: Tensor) -> Tensor:
    """The frame after ``last``, uint8 [B, H, W, 3], by where each place of it `came_from`, [B, 2, H, W] in pixels."""
    height, width = last.shape[1:3]
    rows = torch.arange(height, device=last.device, dtype=came.dtype)[:, None]
    columns = torch.arange(width, device=last.device, dtype=came.dtype)
    across, down = (columns + came[:, 0]) * (2 / (width - 1)) - 1, (rows + came[:, 1]) * (2 / (height - 1)) - 1
    pixels = last.permute(0, 3, 1, 2).to(came.dtype)
    made = F.grid_sample(pixels, torch.stack([across, down], -1), padding_mode="border", align_corners=True)
    return made.round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()


@torch.no_grad()
def carried_clip(codec: Codec, latents: Tensor) -> Tensor:
    """For each frame of a clip's normalised latents [T, C, h, w] the latents of `carried_on`, in the same shape, from
    the two before it as the codec shows them; for the second the first, for the first zeros."""
    begun = [torch.zeros_like(latents[:1]), latents[:1]]
    if len(latents) > 2:
        frames = codec.restored(latents[:-1])
        begun.append(codec.normalised(carried_on(frames[:-1], frames[1:])))
    return torch.cat(begun)[: len(latents)]


def lost(codec: Codec, frames: Tensor, latents: Tensor) -> Tensor:
    """What the codec does not show of uint8 frames [B, H, W, 3] whose latents these are: int32 in the same shape."""
    return frames.int() - codec.restored(latents).int()


def regained(frames: Tensor, detail: Tensor, unlike: Tensor) -> Tensor:
    """Frames uint8 [B, H, W, 3] with detail that was `lost`, wherever the latents are still what they were: ``unlike``
    [B, h, w] is their mean square difference. What only moves stays as sharp as it was, however often a codec that
    blurs has been through it."""
    share = torch.exp(-unlike / ALIKE**2)[:, None]
    share = F.interpolate(share, frames.shape[1:3], mode="bilinear", align_corners=False)[:, 0, ..., None]
    return (frames + share * detail).round().clamp(0, 255).to(torch.uint8)


def came_from(before: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Where each place of ``last`` was in ``before``, uint8 [H, W, 3]: float32 [H, W, 2], pixels right and down."""
    grey = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (last, before))
    found: np.ndarray = _flow().calc(*grey, None)
    return found


def flow_between(before: Tensor, last: Tensor) -> Tensor:
    """`came_from` of several, uint8 [B, H, W, 3]: float [B, 2, H, W], right and down."""
    found = [came_from(*pair) for pair in zip(before.cpu().numpy(), last.cpu().numpy(), strict=True)]
    return torch.stack([torch.from_numpy(each).permute(2, 0, 1) for each in found]).to(last.device)


@cache
def _flow() -> Any:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
