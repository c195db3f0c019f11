"""Noir's one hard light: a pool on the street or a blind's stripes on the wall, and what a wet floor mirrors of it."""

from __future__ import annotations

import cv2
import numpy as np

from studio.previz.camera import View
from studio.previz.sheet import Sheet, alpha_of, bounds, cut
from studio.previz.stageset import SKY, KeyLight

COARSE = 4
"""Light is drawn at a quarter of the frame's size: its edges are soft, and it is 16 times cheaper."""
SLATS, SLANT = 0.27, 0.16
"""Metres from one stripe of a blind's light to the next, and metres that they fall for each metre to the right."""


def light_falls(paper: np.ndarray, key: KeyLight, view: View, z: float, margin: int, ground: bool) -> np.ndarray:
    """Premultiplied RGBA as ``key`` lights it where it stands: upright at depth ``z``, or lying as ``ground``."""
    if z == SKY or not view.scale(z):  # behind the camera nothing is seen
        return paper
    height, width = paper.shape[:2]
    v, u = np.mgrid[0 : height // COARSE, 0 : width // COARSE].astype(np.float32) * COARSE - margin
    if ground:
        depth = view.focal * max(0.2, view.py) / np.maximum(v - view.cy, 1.0)
        x, y = view.px + (u - view.cx) * depth / view.focal - key.x, depth - view.distance
        share = _blinds(x, 1.75 + y * 0.7, key.reach) if key.blinds else _pool(x, (y - 1.2) * 0.65, key.reach)
    else:
        scale = view.scale(z)
        x, y = view.px + (u - view.cx) / scale - key.x, view.py - (v - view.cy) / scale
        share = _blinds(x, y, key.reach) if key.blinds else _scallop(x, y, key.reach)
    return _shone(paper, key.rest + (key.strength - key.rest) * share)


def modelled(paper: np.ndarray, key: KeyLight, scale: float) -> np.ndarray:
    """Puppets in the hard light at ``scale`` pixels a metre: lit from ``key.side``, in shadow along the other side.

    The face keeps its light wherever they go, so that one can read it."""
    alpha = alpha_of(paper)
    small = cv2.resize(alpha, (alpha.shape[1] // COARSE, alpha.shape[0] // COARSE), interpolation=cv2.INTER_AREA)
    step = np.array([[1.0, 0, key.side * 0.11 * scale / COARSE], [0, 1, 0.05 * scale / COARSE]])
    covered = cv2.warpAffine(small, step, (small.shape[1], small.shape[0]), borderMode=cv2.BORDER_REPLICATE)
    share = cv2.blur(covered, (3, 3)).astype(np.float32) / 255
    shone = _shone(paper, 0.38 + 0.7 * share)
    cv2.copyTo(paper, cv2.inRange(paper, (180, 205, 236, 250), (202, 228, 255, 255)), shone)  # the rim light stays
    return shone


def _shone(paper: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Each pixel as bright as ``level`` says; lamps and lit windows shine by themselves."""
    keep = cv2.convertScaleAbs(level, alpha=128)
    keep = cv2.resize(keep, (paper.shape[1], paper.shape[0]), interpolation=cv2.INTER_LINEAR)
    shone = cv2.multiply(paper, cv2.merge([keep, keep, keep, np.full_like(keep, 128)]), scale=1 / 128)
    alpha = alpha_of(paper)
    shone = cv2.min(shone, cv2.merge([alpha, alpha, alpha, alpha]))
    cv2.copyTo(paper, cv2.inRange(paper, (236, 116, 100, 0), (255, 240, 200, 255)), shone)
    return shone


def _soft(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0, 1)
    found: np.ndarray = share * share * (3 - 2 * share)
    return found


def _pool(x: np.ndarray, y: np.ndarray, reach: float) -> np.ndarray:
    """A round pool on the ground: full within, gone at ``reach``, with the short edge of a hard light."""
    return _soft((1 - np.hypot(x, y) / reach) / 0.4)


def _scallop(x: np.ndarray, y: np.ndarray, reach: float) -> np.ndarray:
    """What a lamp over the street paints on a wall: an arch of light, brightest under its crown."""
    under = 5.2 - y - 3.6 * (x / reach) ** 2
    return _soft(under / 0.5) * np.clip(1.0 - 0.1 * under, 0.35, 1.0)


def _blinds(x: np.ndarray, y: np.ndarray, reach: float) -> np.ndarray:
    """Light through a blind: slanting stripes within one tall window's shape."""
    row = y + SLANT * x
    stripes = np.clip((np.abs((row / SLATS) % 1 - 0.5) - 0.2) / 0.07, 0, 1)
    inside = np.clip((reach - np.abs(x)) / 0.12, 0, 1) * np.clip((1.45 - np.abs(row - 1.75)) / 0.1, 0, 1)
    mullion = np.clip((np.abs(x) - 0.05) / 0.04, 0, 1)
    found: np.ndarray = stripes * inside * mullion
    return found


def mirrored(paper: np.ndarray, matrix: np.ndarray, z: float, share: float, k: float) -> Sheet | None:
    """What a wet floor shows of an upright paper at depth ``z``: turned over at its foot, dim and drawn downward."""
    foot = float(matrix[1, 2])
    x, y, w, h = bounds(paper)
    h = min(h, int(foot) - y)
    if w < 4 or h < 4:
        return None
    part = cv2.flip(paper[y : y + h, x : x + w], 0)
    fade = np.linspace(share, 0.1 * share, h, dtype=np.float32)[:, None, None]
    part = (part * fade).astype(np.uint8)
    streak = cv2.blur(part, (max(1, round(3 * k)), max(1, round(17 * k))), borderType=cv2.BORDER_CONSTANT)
    moved = matrix.copy()
    moved[:, 2] -= (x, 2 * foot - y - h)
    return cut(streak, moved, z)
