"""How far made frames are from true ones, by pixels: squared errors and SSIM, of any part of the frame."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.worlds.evaluation.scores import EXACT


def squared_errors(made: Tensor, true: Tensor, mask: Tensor | None = None) -> Tensor:
    """Frames uint8 [B, H, W, 3], mask bool [B, H, W] or None for all: float64 [B, 2] of (sum of the squared errors of
    8-bit values, how many values)."""
    error = (made.int() - true.int()).square().sum(-1).double()
    inside = torch.ones_like(error) if mask is None else mask.double()
    return torch.stack([(error * inside).sum((1, 2)), 3 * inside.sum((1, 2))], 1)


def psnr_each(errors: Tensor) -> Tensor:
    """What `squared_errors` gives, [..., 2], as dB of each frame [...]: at most 99, NaN where nothing was compared."""
    error = errors[..., 0] / errors[..., 1]
    return (10 * torch.log10(255**2 / error)).clamp(max=EXACT)


def ssim_map(made: Tensor, true: Tensor) -> Tensor:
    """Structural similarity of each pixel's neighbourhood (Wang et al. 2004: Gaussian window of deviation 1.5, 11×11),
    mean of the three colours: float32 [B, H, W] of uint8 frames [B, H, W, 3]. Equal frames come out within 1e-4 of 1;
    float64 would be exact and takes fourteen times as long."""
    from torchmetrics.functional.image import structural_similarity_index_measure

    pair = [frames.movedim(-1, 1).float() / 255 for frames in (made, true)]
    _, picture = structural_similarity_index_measure(*pair, data_range=1.0, return_full_image=True)  # type: ignore[misc]
    return picture.mean(1)


def similarities(made: Tensor, true: Tensor, masks: list[Tensor | None]) -> list[Tensor]:
    """For each mask float64 [B, 2] of (sum of `ssim_map` inside, how many pixels)."""
    picture = torch.cat([ssim_map(m, t) for m, t in zip(made.split(16), true.split(16), strict=True)]).double()
    inside = [torch.ones_like(picture) if mask is None else mask.double() for mask in masks]
    return [torch.stack([(picture * each).sum((1, 2)), each.sum((1, 2))], 1) for each in inside]
