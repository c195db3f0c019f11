"""How single things are set out on a stage, and the light that their windows show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.previz.canvas import Canvas, Colour
from studio.previz.sets.paper import Inks, Painter, dark, light, places

Part = Callable[[np.random.Generator, Inks, float], Painter]
"""Seed, colours and depth in metres -> what paints the part."""
Thing = Callable[[Canvas, float, float, int, Inks, float], None]
"""Draws one thing: canvas, x and height in metres, seed, colours, seconds."""
LAMP: Colour = (1.0, 0.86, 0.5)


def glass(ink: Inks) -> tuple[Colour, Colour, float]:
    """Lit pane, dark pane, and how many are lit."""
    return (LAMP, dark(ink.middle, 0.35), 0.6) if ink.night else (light(ink.sky, 0.1), dark(ink.middle, 0.25), 0.5)


def scattered(gap: float, clear: float, low: float, high: float, draw: Thing) -> Part:
    """A part of single things set apart, none in the middle of the stage."""

    def part(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
        xs = places(rng, -24, 24, gap, clear if z < 6 else 0.0)
        sizes, seeds = rng.uniform(low, high, len(xs)), rng.integers(0, 10**6, len(xs))

        def paint(c: Canvas, t: float) -> None:
            for x, h, s in zip(xs, sizes, seeds, strict=True):
                draw(c, x, h, int(s), ink, t)

        return paint

    return part


def single(x_range: tuple[float, float], draw: Callable[[Canvas, float, Inks, float], None]) -> Part:
    """A part that is one thing, to one side of the stage."""

    def part(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
        x = float(rng.uniform(*x_range)) * (1 if rng.random() < 0.5 else -1)

        def paint(c: Canvas, t: float) -> None:
            draw(c, x, ink, t)

        return paint

    return part
