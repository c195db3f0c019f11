"""Technical faults that no reward can excuse: black, frozen, flickering, too short."""

from __future__ import annotations

import numpy as np

from studio.rewards.base import Footage

BLACK_LUMA = 8.0
"""Mean of the luma (0…255) below which a frame shows nothing."""
BLACK_SPREAD = 6.0
FROZEN_MOTION = 0.02
"""Mean absolute change of small grey frames, in levels of 255, below which nothing moves."""
FLICKER = 12.0
"""Mean jump of the whole frame's luma there and back, in levels."""


def find(footage: Footage) -> list[str]:
    """Notes ``check: message``; empty for a sound clip."""
    assert footage.thumbs is not None
    thumbs, brief = footage.thumbs.astype(np.float32), footage.brief
    return [
        note
        for note in (_short(thumbs, brief.frames), _black(thumbs), _frozen(thumbs), _flicker(thumbs, brief.weather))
        if note
    ]


def _short(thumbs: np.ndarray, frames: int) -> str:
    return f"short: {len(thumbs)} frames instead of {frames}" if len(thumbs) < frames else ""


def _black(thumbs: np.ndarray) -> str:
    means, spreads = thumbs.mean((1, 2)), thumbs.std((1, 2))
    dark = np.flatnonzero((means < BLACK_LUMA) & (spreads < BLACK_SPREAD))
    if len(dark) * 10 < len(thumbs):
        return ""
    return f"black: {len(dark)} of {len(thumbs)} frames show nothing (from frame {dark[0]})"


def _frozen(thumbs: np.ndarray) -> str:
    if len(thumbs) < 2:
        return "frozen: a single frame"
    change = np.abs(np.diff(thumbs, axis=0)).mean((1, 2))
    overall = float(change.mean())
    return f"frozen: nothing moves (mean change {overall:.3f} < {FROZEN_MOTION})" if overall < FROZEN_MOTION else ""


def _flicker(thumbs: np.ndarray, weather: str) -> str:
    steps = np.diff(thumbs.mean((1, 2)))
    back = np.minimum(np.abs(steps[:-1]), np.abs(steps[1:])) * (steps[:-1] * steps[1:] < 0)
    limit = 2 if weather != "storm" else 8  # planned lightning goes there and back too
    jumps = np.flatnonzero(back > FLICKER)
    if len(jumps) <= limit:
        return ""
    size = f"{back.max():.0f} > {FLICKER:.0f} levels"
    return f"flickering: {len(jumps)} jumps of the light (first at frame {jumps[0] + 1}; {size})"
