"""Rehearsal: references as a film would show them, so that a score can be calibrated before a take is there.

A reference is lit otherwise, tinted, softened, mirrored, and, where it stands on plain paper, set before a place.
"""

from __future__ import annotations

import cv2
import numpy as np

PAPER = 14
"""Levels of 255 by which what is drawn differs from plain paper, as in ``crops.sheet_box``."""
GREY = 3.0
"""Mean change in levels of 255 below which turned hues make nobody else."""


def rehearsed(crops: np.ndarray, places: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """``(n, s, s, 4)`` of one figure's crops, all under the same light and before the same place."""
    gain, tint = rng.uniform(0.55, 1.15), rng.uniform(0.8, 1.15, 3)
    lift, soft = rng.uniform(0, 25), rng.uniform(0.15, 0.6)
    mirror = rng.uniform() < 0.5
    place = places[int(rng.integers(len(places)))] if places else None
    shown = []
    for each in crops:
        picture = each[..., :3] if place is None else _before(each[..., :3], place, rng)
        picture = _softened(picture, soft).astype(np.float32) * gain * tint + lift
        both = np.concatenate([np.clip(picture, 0, 255).astype(np.uint8), each[..., 3:]], 2)
        shown.append(both[:, ::-1] if mirror else both)
    return np.stack(shown)


def _before(picture: np.ndarray, place: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The figure cut from its paper and laid on a part of a place; unchanged where it stands on no plain paper."""
    side = len(picture)
    corners = picture[[0, 0], [0, -1]].astype(np.int16)
    if np.abs(corners[0] - corners[1]).max() > PAPER:
        return picture
    drawn = np.abs(picture.astype(np.int16) - corners.mean(0)).max(2) > PAPER
    drawn = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    tall, wide = place.shape[:2]
    size = int(min(tall, wide) * rng.uniform(0.4, 1.0))
    y, x = int(rng.integers(tall - size + 1)), int(rng.integers(wide - size + 1))
    behind = cv2.resize(place[y : y + size, x : x + size], (side, side), interpolation=cv2.INTER_AREA)
    set_before: np.ndarray = np.where(drawn[..., None] > 0, picture, behind)
    return set_before


def _softened(picture: np.ndarray, share: float) -> np.ndarray:
    """As if ``share`` of the pixels across had been seen."""
    side = len(picture)
    few = max(8, round(side * share))
    small = cv2.resize(picture, (few, few), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR))


def strangers(views: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Two who differ from the one on these pictures in their colours only: hues turned by a third and two thirds of the
    circle. Empty where the pictures are grey, so that turning changes next to nothing."""
    turned = [{view: _turned(picture, hue) for view, picture in views.items()} for hue in (60, 120)]
    changed = np.mean([np.abs(turned[0][v].astype(np.int16) - picture).mean() for v, picture in views.items()])
    return turned if changed >= GREY else []


def _turned(picture: np.ndarray, by: int) -> np.ndarray:
    """Hues turned by ``by`` of OpenCV's 180 steps."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + by) % 180
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))
