"""Places alone: the matcher is fitted on maps that the eye has seen once, so that many places meet in a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F

from studio.perception.studio_clip import StudioClip, pixels
from studio.perception.training.pairs import PLACE_WEIGHT

if TYPE_CHECKING:
    from studio.perception.training.batches import Pictures

SIBLING, HARD = 1.0, 0.5
"""Weight of the other place of a group, often of the same kind; and of the ranking of each frame's places."""


@dataclass
class Sites:
    """``places (p, 2, c, 9, 16)`` and a frame of each ``(p, c, 9, 16)``, weighed by shot size ``(p,)``; two a group."""

    places: torch.Tensor
    frames: torch.Tensor
    weights: torch.Tensor


@torch.no_grad()
def mapped(model: StudioClip, pictures: Pictures, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps of a group in half precision: of places ``(2, 2, c, 9, 16)``, and frames ``(2, 4, c, 9, 16)``."""
    frames, _ = model.look(pixels(pictures.maps["frames"][n].reshape(-1, 144, 256, 3)))
    places = model.references(pixels(pictures.maps["places"][n].reshape(-1, 72, 128, 3)))
    return places.unflatten(0, (2, 2)).half(), F.avg_pool2d(frames, 2).unflatten(0, (2, 4)).half()


def sites(
    pictures: Pictures, rng: np.random.Generator, count: int, maps: dict[int, tuple[torch.Tensor, torch.Tensor]]
) -> Sites:
    """Both places of ``count`` random groups, each with one of its frames."""
    chosen, facts, _ = pictures.chosen(rng, count)
    places = torch.cat([maps[n][0] for n in chosen]).float()
    frames = torch.cat([maps[n][1][range(2), rng.integers(0, 4, 2)] for n in chosen]).float()
    weights = [PLACE_WEIGHT.get(shot["shot_size"], 1.0) for told in facts for shot in told["shots"]]
    return Sites(places, frames, torch.tensor(weights))


def site_losses(model: StudioClip, batch: Sites) -> dict[str, torch.Tensor]:
    """Every place is sought in every frame: whether it is there, and that the right one stands above the others."""
    logits = model.location(model.location.parts(batch.places), batch.frames).T
    count = len(logits)
    right = torch.eye(count)
    sibling = right[torch.arange(count) ^ 1]
    other = (1 - right - sibling) / max(1, count - 2)
    weight = (right + SIBLING * sibling + other) * batch.weights[:, None]
    each = F.binary_cross_entropy_with_logits(logits, right, reduction="none")
    rank = F.cross_entropy(logits, torch.arange(count), reduction="none")
    return {
        "sites": (each * weight).sum() / weight.sum(),
        "ranks": HARD * (rank * batch.weights).sum() / batch.weights.sum(),
    }
