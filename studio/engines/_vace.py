"""What WanVACEPipeline is given: references on white, and a control video whose mask says what to keep.

VACE (arXiv 2503.07598): ``reference_images`` are composited on white by the pipeline; ``video`` and ``mask`` have one
picture a frame, mask white = generate, black = keep; frames to generate are mid-grey.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from studio.engines._images import filling, picture, references
from studio.story.brief import Brief

GREY = (128, 128, 128)
VIEWS = ("front", "full_body", "three_quarter", "wide", "detail")
"""Best first: what tells most about a person, or about a place."""
STRENGTH = 0.7
"""Where the brief does not say; `consistency.reference_strength` does."""


def conditions(
    brief: Brief, frames: int, tail: np.ndarray | None, last: Image.Image | None, limit: int
) -> dict[str, Any]:
    """Arguments for ``frames`` frames that follow ``tail`` (overlap, height, width, 3) and end on ``last``."""
    kept = _prefix(brief, tail)
    places = references(brief, "locations")
    shown = _best(references(brief, "characters"), limit)
    plate = next(iter(_best(places, 1)), None)
    if plate and not kept and not brief.characters:
        kept = [filling(picture(brief, plate), brief.width, brief.height)]
    elif plate:
        shown = [*shown[: limit - 1], plate]
    asked: dict[str, Any] = {"conditioning_scale": _strength(brief) if shown else 1.0}
    if shown:
        asked["reference_images"] = [picture(brief, sha256) for sha256 in shown]
    if kept or last:
        asked["video"], asked["mask"] = _control(brief, frames, kept, last)
    return asked


def _strength(brief: Brief) -> float:
    return float(brief.parameters.get("reference_strength", STRENGTH))


def _best(found: dict[str, dict[str, str]], limit: int) -> list[str]:
    """At most ``limit`` hashes: everybody's best view first, then everybody's second."""
    ranked = [sorted(views, key=lambda v: VIEWS.index(v) if v in VIEWS else len(VIEWS)) for views in found.values()]
    rounds = max((len(views) for views in ranked), default=0)
    order = [
        found[id][views[n]] for n in range(rounds) for id, views in zip(found, ranked, strict=True) if n < len(views)
    ]
    return order[:limit]


def _prefix(brief: Brief, tail: np.ndarray | None) -> list[Image.Image]:
    if tail is not None:
        return [Image.fromarray(frame) for frame in tail]
    if brief.first_frame:
        return [filling(picture(brief, brief.first_frame), brief.width, brief.height)]
    return []


def _control(
    brief: Brief, frames: int, kept: list[Image.Image], last: Image.Image | None
) -> tuple[list[Image.Image], list[Image.Image]]:
    size = brief.width, brief.height
    video = [*kept, *(Image.new("RGB", size, GREY) for _ in range(frames - len(kept)))]
    mask = [Image.new("L", size, 0 if n < len(kept) else 255) for n in range(frames)]
    if last is not None:
        video[-1], mask[-1] = last, Image.new("L", size, 0)
    return video, mask
