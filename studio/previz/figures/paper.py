"""Cut paper: outlines with a slightly uneven edge, laid down with a slim inner shadow so that they read as sheets."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas, Colour, mix
from studio.previz.figure import Shade

Points = np.ndarray


def uneven(points: Points, seed: int, amount: float) -> Points:
    """``points`` with a still, seeded wobble of at most ``amount`` (same unit)."""
    rng = np.random.default_rng(seed)
    return np.asarray(points, float) + rng.uniform(-amount, amount, np.shape(points))


def limb_outline(joints: Points, widths: Points, samples: int = 3) -> Points:
    """The outline of a sleeve along ``joints`` (n, 2) with half-widths ``widths`` (n,): round at both ends."""
    n = len(joints)
    at = np.linspace(0, n - 1, (n - 1) * samples + 1)
    k = np.arange(n)
    line = np.stack([np.interp(at, k, joints[:, 0]), np.interp(at, k, joints[:, 1])], 1)
    line[1:-1] = line[1:-1] * 0.6 + (line[:-2] + line[2:]) * 0.2
    w = np.interp(at, k, widths)[:, None]
    along = np.gradient(line, axis=0)
    along /= np.hypot(along[:, 0], along[:, 1])[:, None] + 1e-9
    side = np.stack([-along[:, 1], along[:, 0]], 1) * w
    start, end = line[0] - along[0] * w[0] * 0.7, line[-1] + along[-1] * w[-1] * 0.7
    return np.vstack([start, line + side, end, (line - side)[::-1]])


def hull(points: Points) -> Points:
    """The convex outline around ``points``, counter-clockwise."""
    p = sorted(map(tuple, np.asarray(points, float)))
    edges: list[list[tuple[float, ...]]] = []
    for run in (p, p[::-1]):
        chain: list[tuple[float, ...]] = []
        for q in run:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], q) <= 0:
                chain.pop()
            chain.append(q)
        edges.append(chain[:-1])
    return np.array(edges[0] + edges[1])


def _turn(a: tuple[float, ...], b: tuple[float, ...], c: tuple[float, ...]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


class Scissors:
    """Lays papers on a canvas under one light. ``unit`` is the figure's head radius: edges scale with it."""

    def __init__(self, canvas: Canvas, shade: Shade, unit: float, alpha: float = 1.0) -> None:
        self.canvas, self.shade, self.unit, self.alpha = canvas, shade, unit, alpha
        side = float(np.clip(shade.key_side, -1, 1))
        self._lit = np.array([side * 0.045, 0.05]) * unit
        self._rim = np.array([-side * 0.07, 0.055]) * unit

    def tone(self, colour: Colour) -> Colour:
        """``colour`` as lit."""
        lit = self.shade(colour)
        return lit if self.alpha == 1 else (*lit[:3], (lit[3] if len(lit) > 3 else 1.0) * self.alpha)  # type: ignore[return-value]

    def sheet(self, points: Points, colour: Colour, round_: float = 0.5, rim: bool = False, edge: float = 1.0) -> None:
        """A paper with its inner shadow; ``rim`` adds the light from behind where the shade has one."""
        if rim and self.shade.rim is not None:
            self.canvas.blob(points + self._rim, self.shade.rim, tension=round_)
        dark = mix(colour, (0.08, 0.05, 0.16), 0.26)
        self.canvas.blob(points, self.tone(dark), tension=round_)
        low, high = points.min(0), points.max(0)
        size = np.maximum(high - low, 1e-6)
        shrink = np.maximum(1 - 2.2 * edge * np.abs(self._lit).max() / size, 0.55)
        middle = (low + high) / 2
        self.canvas.blob(middle + (points - middle) * shrink + self._lit * edge, self.tone(colour), tension=round_)

    def flat(self, points: Points, colour: Colour, round_: float = 0.5) -> None:
        """A thin paper without shadow."""
        self.canvas.blob(points, self.tone(colour), tension=round_)

    def light(self, points: Points, colour: Colour, round_: float = 0.5) -> None:
        """Something that shines by itself: its colour ignores the light around it."""
        self.canvas.blob(points, (*colour[:3], (colour[3] if len(colour) > 3 else 1.0) * self.alpha), tension=round_)

    def stroke(self, points: Points, colour: Colour, width: float, smooth: bool = True) -> None:
        """A cut line or thread."""
        self.canvas.line(points, self.tone(colour), width, smooth)

    def disc(self, x: float, y: float, rx: float, ry: float, colour: Colour, angle: float = 0.0) -> None:
        """A flat ellipse."""
        self.canvas.ellipse(x, y, rx, ry, self.tone(colour), angle=angle)
