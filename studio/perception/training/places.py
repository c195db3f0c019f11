"""Places alone: the matcher is fitted on maps that the eye has seen once, so that many places meet in a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F

from studio.perception.studio_clip import StudioClip, pixels
from studio.perception.training.pairs import PLACE_WEIGHT
from studio.story.document import LIT_HOURS

if TYPE_CHECKING:
    from studio.perception.training.batches import Pictures

ONE_GENRE = 0.7
"""Share of the batches whose places are drawn in one genre."""
LIKE, HARD = 0.5, 0.5
"""Share of each frame's wrong places that others of its kind have together; and weight of the ranking of its places."""


@dataclass
class Sites:
    """``places (p, 1 + hours, 2, c, 9, 16)``, by day and at LIT_HOURS, and a frame of each ``(p, c, 9, 16)`` with which
    of these shows it in its own light ``(p,)``, weighed by shot size ``(p,)``, and what ``kinds`` they are."""

    places: torch.Tensor
    frames: torch.Tensor
    light: torch.Tensor
    weights: torch.Tensor
    kinds: list[str]


@torch.no_grad()
def mapped(model: StudioClip, pictures: Pictures, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps of a group in half precision: of places ``(2, 1 + hours, 2, c, 9, 16)``, and frames ``(2, 4, c, 9, 16)``."""
    frames, _ = model.look(pixels(pictures.maps["frames"][n].reshape(-1, 144, 256, 3)))
    places = model.references(pixels(pictures.maps["places"][n].reshape(-1, 72, 128, 3)))
    lit, _ = model.look(pixels(pictures.maps["lit"][n].reshape(-1, 72, 128, 3)))
    both = torch.cat([places.unflatten(0, (2, 1, 2)), lit.unflatten(0, (2, -1, 2))], 1)
    return both.half(), F.avg_pool2d(frames, 2).unflatten(0, (2, 4)).half()


def sites(
    pictures: Pictures, rng: np.random.Generator, count: int, maps: dict[int, tuple[torch.Tensor, torch.Tensor]]
) -> Sites:
    """Both places of ``count`` random groups, or as many places of one genre, each with one of its frames.

    All places of a film are drawn in its genre: told apart by their style, they would not be told apart there.
    """
    if rng.uniform() < ONE_GENRE:
        genre = str(rng.choice(sorted({shot["genre"] for told in pictures.facts.values() for shot in told["shots"]})))
        mine = [(n, s) for n in pictures.numbers for s in range(2) if pictures.facts[n]["shots"][s]["genre"] == genre]
        chosen = [mine[i] for i in rng.permutation(len(mine))[: 2 * count]]
    else:
        chosen = [(n, s) for n in pictures.chosen(rng, count)[0] for s in range(2)]
    places = torch.stack([maps[n][0][s] for n, s in chosen]).float()
    frames = torch.stack([maps[n][1][s, int(rng.integers(0, 4))] for n, s in chosen]).float()
    shots = [pictures.facts[n]["shots"][s] for n, s in chosen]
    light = [1 + LIT_HOURS.index(hour) if (hour := shot["time_of_day"]) in LIT_HOURS else 0 for shot in shots]
    weights = [PLACE_WEIGHT.get(shot["shot_size"], 1.0) for shot in shots]
    return Sites(places, frames, torch.tensor(light), torch.tensor(weights), [shot["place"] for shot in shots])


def site_losses(model: StudioClip, batch: Sites) -> dict[str, torch.Tensor]:
    """Every place is sought in every frame, by day and in the frame's own light: whether it is there, and that the
    right one stands above the others."""
    by_day = model.location(model.location.parts(batch.places[:, 0]), batch.frames).T
    judged = by_day.clone()
    for n in range(1, batch.places.shape[1]):
        mine = batch.light == n
        if mine.any():
            lit = model.location(model.location.parts(batch.places[:, n]), batch.frames[mine]).T
            judged[mine] = (by_day[mine] + lit) / 2
    plain, told = (_apart(logits, batch.weights, batch.kinds) for logits in (by_day, judged))
    return {name: (plain[name] + told[name]) / 2 for name in told}


def _apart(logits: torch.Tensor, weights: torch.Tensor, kinds: list[str]) -> dict[str, torch.Tensor]:
    """Of logits ``(frames, places)``, the right place of each frame on the diagonal."""
    count = len(logits)
    right = torch.eye(count)
    like = torch.tensor([[float(a == b) for b in kinds] for a in kinds]) - right
    other = 1 - right - like
    alike, unlike = like.sum(1, keepdim=True), other.sum(1, keepdim=True)
    share = LIKE * (alike > 0)
    wrong = share * like / alike.clamp(min=1) + (1 - share) * other / unlike.clamp(min=1)
    weight = (right + 2 * wrong) * weights[:, None]
    each = F.binary_cross_entropy_with_logits(logits, right, reduction="none")
    rank = F.cross_entropy(logits, torch.arange(count), reduction="none")
    return {
        "sites": (each * weight).sum() / weight.sum(),
        "ranks": HARD * (rank * weights).sum() / weights.sum(),
    }
