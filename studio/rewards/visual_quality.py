"""Visual quality without learned weights: exposure, contrast, sharpness, smooth motion, and coverage of the scene."""

from __future__ import annotations

import cv2
import numpy as np

from studio.rewards._game import performed
from studio.rewards.base import UNDIRECTED, Footage, Judgement, RewardTerm
from studio.story.direction import SLOTS

COVERAGE_COST = 0.25
"""What a third equal set-up in a row costs."""


def _ramp(value: float, bad: float, good: float) -> float:
    """0 at ``bad``, 1 at ``good``, straight between."""
    return float(np.clip((value - bad) / (good - bad), 0.0, 1.0))


def exposure(frames: np.ndarray) -> float:
    """1 where the mean luma (0…255) lies in 40…205 and little is clipped; falls off outside."""
    grey = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames]).astype(np.float32)
    mean, burnt = float(grey.mean()), float((grey > 250).mean())
    return min(_ramp(mean, 6, 34), _ramp(mean, 246, 205)) * (1 - min(1.0, burnt * 1.5))


def contrast(frames: np.ndarray) -> float:
    """1 where the luma, of every fourth pixel, spreads over a third of its range or more."""
    low, high = np.percentile(np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY)[::2, ::2] for f in frames]), [3, 97])
    return _ramp(float(high - low), 14, 80)


def sharpness(frames: np.ndarray) -> float:
    """Strength of the finest edges, as the 99th percentile of the gradient at full size, of every fourth pixel."""
    strengths = []
    for frame in frames:
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
        steep = cv2.magnitude(gx, gy)[::2, ::2]  # sorting all of them takes longer than all else that is measured here
        strengths.append(np.percentile(steep, 99) / max(8.0, float(grey.std())))
    return _ramp(float(np.mean(strengths)), 0.4, 2.2)


def motion(thumbs: np.ndarray) -> float:
    """1 where something moves and nothing jumps back and forth."""
    small = thumbs.astype(np.float32)
    steps = np.abs(np.diff(small, axis=0)).mean((1, 2))
    alive = _ramp(float(steps.mean()), 0.01, 0.12)
    mean = np.diff(small.mean((1, 2)))
    back = np.minimum(np.abs(mean[:-1]), np.abs(mean[1:])) * (mean[:-1] * mean[1:] < 0)
    worst = np.sort(back)[::-1][8:20].mean() if len(back) > 20 else back.mean() if len(back) else 0.0
    return alive * (1 - _ramp(float(worst), 1.5, 8))


def coverage(footage: Footage) -> float:
    """1, less what a third equal set-up in a row costs, less for a scene whose place is never seen."""
    mine = footage.brief.direction.model_dump()
    keys = ("shot_size", "angle", "camera_move")
    last = footage.neighbours[-2:]
    same = len(last) == 2 and all(all(n.get(k) == mine[k] for k in keys) for n in last)
    scene = str(footage.scene_state.get("number", ""))
    here = [n for n in footage.neighbours if n.get("scene") == scene]
    tight = ("medium-close", "close", "extreme-close")
    unseen = len(here) >= 2 and mine["shot_size"] in tight and all(n.get("shot_size") in tight for n in here)
    return 1.0 - COVERAGE_COST * same - COVERAGE_COST * unseen


SIZES = SLOTS["shot_size"]
"""From the widest to the closest."""


def subject(footage: Footage) -> float | None:
    """1 where the picture reads as the shot size that was asked for or one beside it; None without an encoder that
    reads or without anybody to frame."""
    if footage.encoder is None or not footage.brief.characters:
        return None
    answers = footage.encoder.answer(footage, "shot_size")
    if answers is None:
        return None
    asked = SIZES.index(footage.brief.direction.shot_size)
    near = sum(share for size, share in answers.items() if abs(SIZES.index(size) - asked) <= 1)
    return _ramp(near, 0.1, 0.6)


class Term(RewardTerm):
    """The geometric mean of the checks: one that fails badly is not made good by the others."""

    version = "4"

    def score(self, footage: Footage) -> Judgement:
        assert footage.thumbs is not None
        checks = {
            "exposure": exposure(footage.frames),
            "contrast": contrast(footage.frames),
            "sharpness": sharpness(footage.frames),
            "motion": motion(footage.thumbs),
        }
        unasked = dict.fromkeys(("coverage", "subject"), UNDIRECTED) if footage.game else {}
        if footage.game:
            checks["performer"] = performed(footage)
        else:
            checks["coverage"] = coverage(footage)
            size = subject(footage)
            if size is not None:
                checks["subject"] = size
        value = float(np.prod([max(0.02, v) for v in checks.values()]) ** (1 / len(checks)))
        if footage.game:  # a picture in which nobody can be made out is no shot of a game, however sharp
            value = min(value, checks["performer"])
        notes = [f"{name}: {share:.2f} < 0.60 over the whole take" for name, share in checks.items() if share < 0.6]
        return Judgement(min(1.0, value), notes, checks, unasked)
