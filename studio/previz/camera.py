"""The camera: a pinhole with a 36 mm sensor, a lens, a place, a move, and what it frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SENSOR = 0.036
"""Width of the sensor in metres."""
LENSES = {
    "extreme-wide": 24, "wide": 35, "full": 35, "medium": 50, "medium-close": 85, "close": 85, "extreme-close": 135,
}  # fmt: skip
"""Focal length in millimetres by shot size."""
SPANS = {
    "extreme-wide": ("body", 0.13), "wide": ("body", 0.38), "full": ("body", 0.80), "medium": ("waist", 0.80),
    "medium-close": ("chest", 0.74), "close": ("head", 0.52), "extreme-close": ("head", 1.5),
}  # fmt: skip
"""Shot size -> what is measured and its share of the frame's height (PREVIZ.md)."""
ANGLES = {"low": -0.3, "eye": 0.0, "high": 0.33, "overhead": 0.8}
"""How far the angle lifts the horizon, as a share of the frame's height: lenses of every length then show as much
of the place behind the subject."""


def ease(u: float) -> float:
    """Smooth start and stop, 0…1."""
    u = min(1.0, max(0.0, u))
    return u * u * u * (u * (u * 6 - 15) + 10)


@dataclass(frozen=True)
class View:
    """The camera at one instant. A point (x, y, z) in metres is seen at
    ``(cx + (x - px) f / d, cy - (y - py) f / d)`` pixels with ``d = z + distance``."""

    px: float
    py: float
    distance: float
    focal: float
    """Pixels."""
    cx: float
    cy: float

    def scale(self, z: float) -> float:
        """Pixels a metre at depth ``z``; 0 where it lies behind the camera."""
        depth = z + self.distance
        return self.focal / depth if depth > 0.25 else 0.0

    def matrix(self, z: float) -> np.ndarray:
        """2×3: metres (y up) at depth ``z`` to pixels."""
        s = self.scale(z)
        return np.array([[s, 0.0, self.cx - self.px * s], [0.0, -s, self.cy + self.py * s]])

    def sky(self) -> np.ndarray:
        """2×3: degrees of azimuth and elevation to pixels (small angles)."""
        s = self.focal * np.pi / 180
        return np.array([[s, 0.0, self.cx], [0.0, -s, self.cy]])


@dataclass(frozen=True)
class Setup:
    """Where the camera stands for a shot and how it moves."""

    width: int
    height: int
    focal: float
    distance: float
    x: float
    y: float
    target_y: float
    """Height in metres of what sits at ``anchor`` in the frame."""
    anchor: float
    """Share of the frame's height, from the top, where ``target_y`` is seen."""
    aside: float
    """Share of the frame's width by which the subject sits off the middle."""
    move: str
    seed: int

    def view(self, u: float, t: float, follow: float = 0.0) -> View:
        """The view at share ``u`` (0…1) of the shot, ``t`` seconds in; ``follow`` metres go with the subject."""
        e = ease(u) - 0.5
        x, y, distance, pan, tilt = self.x + follow, self.y, self.distance, 0.0, 0.0
        if self.move in ("push-in", "pull-out"):
            distance *= 1 + (-0.22 if self.move == "push-in" else 0.22) * e
        elif self.move in ("pan-left", "pan-right"):
            pan = (0.09 if self.move == "pan-left" else -0.09) * e * self.width
        elif self.move in ("tilt-up", "tilt-down"):
            tilt = (0.12 if self.move == "tilt-up" else -0.12) * e * self.height
        elif self.move == "track":
            x += 0.16 * self.distance * e
        elif self.move == "crane":
            y += 0.22 * self.distance * e
        elif self.move == "handheld":
            pan = self.width * 0.006 * _noise(t, self.seed)
            tilt = self.height * 0.008 * _noise(t, self.seed + 9)
        s = self.focal / distance
        cy = self.anchor * self.height + (self.target_y - y) * s + tilt
        return View(x, y, distance, self.focal, self.width * (0.5 + self.aside) + pan, cy)


def _noise(t: float, seed: int) -> float:
    phase = seed % 997 * 0.61
    return float(np.sin(t * 1.7 + phase) + 0.6 * np.sin(t * 2.9 + phase * 2) + 0.3 * np.sin(t * 4.3 + phase * 3))
