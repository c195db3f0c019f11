"""Cutting: the few shapes that every part of a set is made of, each with a soft inner edge and a steady hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.previz.canvas import Canvas, Colour, Gradient, mix

Painter = Callable[[Canvas, float], None]
BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Inks:
    """The colours that a part may use, already chosen for genre and place."""

    sky: Colour
    far: Colour
    middle: Colour
    floor: Colour
    wall: Colour
    accent: Colour
    night: bool = False
    """Windows and lamps are lit."""


def dark(colour: Colour, share: float = 0.2) -> Colour:
    return mix(colour, BLACK, share)


def light(colour: Colour, share: float = 0.2) -> Colour:
    return mix(colour, WHITE, share)


def box(c: Canvas, x: float, y: float, w: float, h: float, colour: Colour, lean: float = 0.0) -> None:
    """A rectangle standing at ``y``, cut a little unevenly, with a lighter upper edge."""
    j = 0.012 * min(w, h)
    corners = np.array([[x + j, y], [x + w, y + j], [x + w - j + lean, y + h], [x + lean, y + h - j]])
    c.polygon(corners, colour)
    edge = np.array(
        [[x + lean, y + h - j], [x + w - j + lean, y + h], [x + w + lean, y + h * 0.96], [x + lean, y + h * 0.96]]
    )
    c.polygon(edge, light(colour, 0.12))


def halo(c: Canvas, x: float, y: float, reach: float, colour: Colour, strength: float = 0.4) -> None:
    """The glow round a lamp, gone at ``reach`` metres."""
    px, py = (float(v) for v in c._pixels(np.array([[x, y]]))[0])
    stops: list[tuple[float, Colour]] = [
        (at, (*colour[:3], strength * (1 - at) ** 2)) for at in (0.0, 0.15, 0.35, 0.6, 1.0)
    ]
    c.ellipse(x, y, reach, reach, Gradient(stops, disc=(px, py, reach * c.scale)))


def ridge(
    rng: np.random.Generator, x0: float, x1: float, low: float, high: float, steps: int, sharp: float
) -> np.ndarray:
    """Outline of land from ``x0`` to ``x1``: ``sharp`` 0 rolls, 1 is jagged; closed far below."""
    x = np.linspace(x0, x1, steps)
    waves = sum(np.sin(x * k * 6.283 / (x1 - x0) + rng.uniform(0, 6.3)) / k for k in (2, 3, 5, 9))
    y = low + (high - low) * (0.5 + 0.28 * waves)
    y = y + sharp * rng.uniform(-0.35, 0.5, steps) * (high - low)
    floor = low - 40
    return np.vstack([[x0, floor], np.stack([x, y], 1), [x1, floor]])


def places(rng: np.random.Generator, x0: float, x1: float, gap: float, clear: float = 0.0) -> list[float]:
    """Positions about ``gap`` apart, none within ``clear`` of the middle."""
    found = np.arange(x0, x1, gap) + rng.uniform(-0.3, 0.3, len(np.arange(x0, x1, gap))) * gap
    return [float(x) for x in found if abs(x) >= clear]


def tree(c: Canvas, x: float, y: float, h: float, colour: Colour, trunk: Colour, seed: int, t: float = 0.0) -> None:
    """A round tree of three papers."""
    rng = np.random.default_rng(seed)
    c.polygon(
        np.array([[x - h * 0.05, y], [x + h * 0.05, y], [x + h * 0.03, y + h * 0.5], [x - h * 0.03, y + h * 0.5]]),
        trunk,
    )
    for n in range(4):
        cx, cy = x + rng.uniform(-0.16, 0.16) * h, y + h * (0.48 + 0.13 * n)
        r = h * rng.uniform(0.2, 0.27) * (1 - 0.12 * n)
        c.ellipse(cx, cy, r * 1.15, r, mix(colour, WHITE, 0.05 * n))


def pine(c: Canvas, x: float, y: float, h: float, colour: Colour, trunk: Colour) -> None:
    """A conifer of four papers."""
    c.rect(x - h * 0.03, y, h * 0.06, h * 0.2, trunk)
    for n in range(4):
        base, w = y + h * (0.12 + 0.19 * n), h * (0.26 - 0.05 * n)
        c.polygon(np.array([[x - w, base], [x + w, base], [x, base + h * 0.34]]), mix(colour, WHITE, 0.05 * n))


def windows(
    c: Canvas,
    x: float,
    y: float,
    w: float,
    h: float,
    cols: int,
    rows: int,
    lit: Colour,
    unlit: Colour,
    rng: np.random.Generator,
    share: float,
) -> None:
    """A grid of window papers, some lit."""
    i, j = np.repeat(np.arange(cols), rows), np.tile(np.arange(rows), cols)
    left, low = x + w * (i + 0.25) / cols, y + h * (j + 0.25) / rows
    right, high = left + w * 0.5 / cols, low + h * 0.5 / rows
    panes = np.stack([left, low, right, low, right, high, left, high], 1).reshape(-1, 4, 2)
    c.polygons(panes, [lit if draw < share else unlit for draw in rng.random(cols * rows)])


def leaves(
    c: Canvas, xs: Sequence[float], y: float, h: float, colour: Colour, t: float, rng: np.random.Generator
) -> None:
    """Blades of grass or weed that sway, of papers in three tones, the darkest in front."""
    x, tall = np.asarray(xs), h * rng.uniform(0.5, 1.0, len(xs))
    sway, w = 0.12 * tall * np.sin(t * 1.7 + 1.3 * np.arange(len(xs))), tall * 0.09
    across = np.stack([x - w, x + w, x + w * 0.6 + sway * 0.5, x + sway], 1)
    up = y + np.stack([np.full(len(xs), -0.2), np.full(len(xs), -0.2), tall * 0.6, tall], 1)
    blades = np.stack([across, up], 2)
    for tone in (2, 1, 0):
        c.blobs(blades[tone::3], mix(colour, WHITE, 0.12 * tone), tension=0.3)
