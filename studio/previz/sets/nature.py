"""Parts of sets that reach across: land, water, clouds, woods, grass, planets."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas
from studio.previz.sets.paper import Inks, Painter, dark, leaves, light, mix, places, ridge, tree


def _land(low: float, high: float, sharp: float, steps: int, reach: float = 1.0):  # type: ignore[no-untyped-def]
    def part(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
        wide = 40 + z * 1.6 * reach
        outline = ridge(rng, -wide, wide, low * z / 60, high * z / 60, steps, sharp)

        def paint(c: Canvas, t: float) -> None:
            c.polygon(outline, ink.far) if sharp > 0.3 else c.blob(outline, ink.far, tension=0.4)
            if sharp > 0.5:  # snow on peaks
                top = outline[1:-1]
                for k in range(2, len(top) - 2):
                    if top[k, 1] > top[k - 1, 1] and top[k, 1] > top[k + 1, 1]:
                        a, b = top[k] + (top[k - 1] - top[k]) * 0.35, top[k] + (top[k + 1] - top[k]) * 0.35
                        c.polygon(np.array([top[k], a, top[k] - [0, (b - a)[0] * 0.15], b]), light(ink.far, 0.6))

        return paint

    return part


hills = _land(0.5, 7, 0.0, 26)
mountains = _land(4, 22, 0.55, 30)
dunes = _land(0.3, 4.5, 0.0, 14)


def crater(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    """A volcano to one side: a broken cone, embers in its mouth and down its flanks, smoke over it."""
    x, h = rng.choice((-1, 1)) * rng.uniform(0.1, 0.14) * z, rng.uniform(0.13, 0.15) * z
    flank = np.linspace(0, 1, 9)
    rough = rng.uniform(-0.02, 0.02, (2, 9)) * h
    left = np.stack([x - h * (0.2 + 1.35 * flank**0.8) + rough[0], h * (1 - flank)], 1)
    right = np.stack([x + h * (0.2 + 1.5 * flank**0.85) + rough[1], h * (0.96 - 0.96 * flank)], 1)
    lip = np.array([[x - 0.07 * h, 0.93 * h], [x + 0.05 * h, 0.9 * h], [x + 0.12 * h, 0.94 * h]])
    outline = np.vstack([left[::-1], lip, right, [[x + 2 * h, -20], [x - 2 * h, -20]]])
    streams = [(x + dx * h, rng.uniform(0.25, 0.5)) for dx in (-0.13, 0.02, 0.14)]

    def paint(c: Canvas, t: float) -> None:
        smoke = light(ink.sky, 0.16)
        for k in range(7):
            r = h * (0.11 + 0.055 * k)
            c.ellipse(
                x + h * (0.02 + 0.1 * k + 0.05 * (-1) ** k), h * (1.02 + 0.17 * k), 1.25 * r, r, (*smoke[:3], 0.8)
            )
        c.polygon(outline, dark(ink.far, 0.3))
        c.polygon(np.vstack([right, [[x + 1.0 * h, -1], [x + 0.3 * h, 0.5 * h]], lip[::-1]]), dark(ink.far, 0.45))
        ember = mix(ink.accent, ink.far, 0.2)
        c.polygon(np.vstack([lip, [[x + 0.1 * h, 0.86 * h], [x - 0.04 * h, 0.85 * h]]]), ember)
        for n, (at, long) in enumerate(streams):
            y = np.linspace(0.88, 0.88 - long, 7)
            middle = at + h * ((at - x) / h * (0.9 - y) * 1.7 + 0.015 * np.sin(y * 31 + n))
            half = h * np.linspace(0.016, 0.004, 7)
            c.blob(np.vstack([np.stack([middle - half, y * h], 1), np.stack([middle + half, y * h], 1)[::-1]]), ember)

    return paint


def mesas(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    xs = places(rng, -z * 1.6, z * 1.6, z * 0.4)
    sizes = rng.uniform(0.06, 0.16, len(xs)) * z

    def paint(c: Canvas, t: float) -> None:
        for x, h in zip(xs, sizes, strict=True):
            c.polygon(
                np.array([[x - h * 1.5, -1], [x + h * 1.5, -1], [x + h * 0.9, h], [x - h * 0.8, h * 0.96]]), ink.far
            )

    return paint


def sea(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    glints = rng.uniform(-1, 1, (60, 2))

    def paint(c: Canvas, t: float) -> None:
        c.rect(-z * 4, -40, z * 8, 40.05, ink.far)
        for x, y in glints:
            w = z * 0.02 * (1 + y)
            c.rect(
                x * z * 1.4 + np.sin(t * 0.9 + x * 9) * w * 0.4,
                -0.02 * z * (1 + y),
                w * 2,
                0.0012 * z,
                light(ink.far, 0.35),
            )

    return paint


def waves(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    phase = rng.uniform(0, 6.3)

    def paint(c: Canvas, t: float) -> None:
        x = np.arange(-40, 40.1, 0.7)
        y = 0.1 + 0.13 * np.abs(np.sin(x * 0.8 + phase + t * 0.8)) + 0.05 * np.sin(x * 0.31 - t * 0.5)
        c.polygon(np.vstack([[-40, -20], np.stack([x, y], 1), [40, -20]]), mix(ink.middle, ink.floor, 0.5))
        c.line(np.stack([x, y - 0.03], 1), light(ink.middle, 0.45), 0.03)

    return paint


def cloudbank(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    puffs = [
        (x, rng.uniform(0.05, 0.16) * z, rng.uniform(0.05, 0.1) * z) for x in places(rng, -z * 1.6, z * 1.6, z * 0.12)
    ]

    def paint(c: Canvas, t: float) -> None:
        for x, y, r in puffs:
            c.ellipse(x + t * 0.15, y, r * 1.6, r * 0.7, light(ink.far, 0.25))

    return paint


def clouds(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    puffs = [(x, rng.uniform(-1.5, 0.4), rng.uniform(0.7, 1.5)) for x in places(rng, -16, 16, 2.2, 2.5)]

    def paint(c: Canvas, t: float) -> None:
        for x, y, r in puffs:
            for k in (-1, 0, 1):
                c.ellipse(
                    x + k * r + t * 0.2, y - abs(k) * 0.2 * r, r * 1.1, r * 0.55, light(ink.middle, 0.1 * (1 - abs(k)))
                )

    return paint


def trees(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    xs = places(rng, -z * 1.7, z * 1.7, z * 0.055)
    sizes, seeds = rng.uniform(5, 9, len(xs)), rng.integers(0, 10**6, len(xs))

    def paint(c: Canvas, t: float) -> None:
        c.rect(-z * 2, -30, z * 4, 31, dark(ink.far, 0.1))
        for x, h, s in zip(xs, sizes, seeds, strict=True):
            tree(c, x, 0, h, mix(ink.far, ink.middle, 0.2 + 0.3 * (s % 3) / 2), dark(ink.far, 0.3), int(s))

    return paint


def reef(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    outline = ridge(rng, -80, 80, 1, 6, 40, 0.1)

    def paint(c: Canvas, t: float) -> None:
        c.blob(outline, ink.far, tension=0.5)
        for k in range(5):  # light from above
            x = -14 + 7 * k + np.sin(t * 0.3 + k)
            c.polygon(np.array([[x, 30], [x + 2, 30], [x + 6, -4], [x + 1, -4]]), (0.7, 0.95, 1.0, 0.07))

    return paint


def _blades(gap: float, h: float, clear: float):  # type: ignore[no-untyped-def]
    def part(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
        xs, seed = places(rng, -14, 14, gap, clear), int(rng.integers(0, 10**6))
        colour = dark(mix(ink.floor, ink.middle, 0.5), 0.1)

        def paint(c: Canvas, t: float) -> None:
            leaves(c, xs, -0.1, h, colour, t, np.random.default_rng(seed))

        return paint

    return part


grass = _blades(0.16, 0.42, 0.9)
ferns = _blades(0.3, 0.9, 1.9)
reeds = _blades(0.28, 1.3, 1.8)
weed = _blades(0.5, 2.0, 1.6)


def waterway(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    def paint(c: Canvas, t: float) -> None:
        c.rect(-40, -0.35, 80, 0.36, ink.middle)
        for k in range(24):
            x = -24 + k * 2 + 0.4 * np.sin(t * 0.7 + k)
            c.rect(x, -0.08 - 0.2 * ((k * 7) % 5) / 5, 0.9, 0.02, light(ink.middle, 0.4))

    return paint


def planets(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    spots = [(rng.uniform(-0.55, 0.55) * z, rng.uniform(0.12, 0.3) * z, rng.uniform(0.03, 0.11) * z) for _ in range(3)]

    def paint(c: Canvas, t: float) -> None:
        for n, (x, y, r) in enumerate(spots):
            colour = mix(ink.far, ink.accent, n / 3)
            c.ellipse(x, y, r, r, colour)
            c.ellipse(x + r * 0.15, y - r * 0.1, r * 0.8, r * 0.82, dark(colour, 0.14))
            if n == 0:
                c.ellipse(x, y, r * 1.8, r * 0.28, None, light(ink.accent, 0.2), r * 0.07, angle=0.3)

    return paint


def asteroids(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    stones = [
        (x, rng.uniform(-1, 3.5), rng.uniform(0.25, 0.7), int(rng.integers(0, 999)))
        for x in places(rng, -16, 16, 2.6, 2.4)
    ]

    def paint(c: Canvas, t: float) -> None:
        for x, y, r, s in stones:
            a = np.arange(8) * 0.785 + t * 0.1 + s
            rough = 1 + 0.25 * np.sin(np.arange(8) * 2.1 + s)
            c.blob(np.stack([x + np.cos(a) * r * rough, y + np.sin(a) * r * rough], 1), ink.middle, tension=0.3)

    return paint
