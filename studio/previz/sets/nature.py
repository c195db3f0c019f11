"""Parts of sets that grew: land, water, trees, rock, ice."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas
from studio.previz.sets.paper import Inks, Painter, dark, leaves, light, mix, pine, places, ridge, tree


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


def _scattered(gap: float, clear: float, low: float, high: float, draw):  # type: ignore[no-untyped-def]
    """A part of single things set apart, none in the middle of the stage."""

    def part(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
        xs = places(rng, -24, 24, gap, clear if z < 6 else 0.0)
        sizes, seeds = rng.uniform(low, high, len(xs)), rng.integers(0, 10**6, len(xs))

        def paint(c: Canvas, t: float) -> None:
            for x, h, s in zip(xs, sizes, seeds, strict=True):
                draw(c, x, h, int(s), ink, t)

        return paint

    return part


def _rock(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    rng = np.random.default_rng(s)
    turn = np.sort(rng.uniform(0.05, 3.09, 7))
    points = np.stack([x + np.cos(turn) * h * 1.3, np.sin(turn) * h], 1)
    c.polygon(np.vstack([[x + 1.4 * h, -0.1], points, [x - 1.4 * h, -0.1]]), ink.middle)
    c.polygon(np.vstack([points[2:5], [[x, h * 0.3]]]), light(ink.middle, 0.18))


def _trunk(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    w = 0.25 + (s % 5) * 0.06
    bark = dark(mix(ink.middle, ink.accent, 0.25), 0.45)
    c.polygon(
        np.array(
            [[x - w * 1.5, -0.2], [x + w * 1.5, -0.2], [x + w, 1], [x + w * 0.8, 14], [x - w * 0.8, 14], [x - w, 1]]
        ),
        bark,
    )
    for k in range(3):
        c.line(np.array([[x - w * 0.3 + k * 0.1, 1 + k], [x - w * 0.2 + k * 0.1, 3 + k]]), light(bark, 0.15), 0.04)


def _bush(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    for k in (-1, 1, 0):
        c.ellipse(
            x + k * h * 0.6,
            h * (0.4 + 0.12 * (k == 0)),
            h * 0.7,
            h * 0.5,
            mix(dark(ink.middle, 0.1), ink.floor, 0.15 * (k + 1)),
        )


def _flower(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    sway = 0.04 * np.sin(t * 1.5 + s % 7)
    c.line(np.array([[x, -0.1], [x + sway, h]]), dark(ink.middle, 0.1), 0.03)
    for k in range(5):
        a = k * 1.257 + s
        c.ellipse(
            x + sway + np.cos(a) * 0.08,
            h + np.sin(a) * 0.08,
            0.07,
            0.07,
            ink.accent if s % 3 else light(ink.accent, 0.4),
        )
    c.ellipse(x + sway, h, 0.05, 0.05, (0.97, 0.83, 0.3))


def _palm(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    top = np.array([x + h * 0.12, h])
    c.line(np.array([[x, -0.1], [x + h * 0.02, h * 0.5], top]), dark(ink.accent, 0.5), 0.2, smooth=True)
    for k in range(7):
        a = 0.2 + k * 0.45 + 0.05 * np.sin(t + k)
        tip = top + [np.cos(a) * h * 0.42, np.sin(a) * h * 0.18 - h * 0.05]
        middle = (top + tip) / 2 + [0, h * 0.08]
        c.blob(np.array([top, middle + [0, 0.12], tip, middle - [0, 0.12]]), mix(ink.middle, (1, 1, 1), 0.06 * (k % 3)))


def _pine(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    pine(c, x, -0.1, h, ink.middle, dark(ink.middle, 0.5))


def _near_tree(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    tree(c, x, -0.1, h, mix(ink.middle, ink.far, 0.4), dark(ink.middle, 0.55), s)


def _bare(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    bark, rng = dark(ink.middle, 0.45), np.random.default_rng(s)
    c.line(np.array([[x, -0.2], [x + 0.1, h * 0.5], [x, h]]), bark, h * 0.06, smooth=True)
    for k in range(6):
        y, a = h * (0.35 + 0.1 * k), rng.uniform(0.3, 1.2)
        side = 1 if k % 2 else -1
        c.line(
            np.array([[x, y], [x + side * h * 0.2, y + h * 0.1 * a], [x + side * h * 0.3, y + h * 0.22 * a]]),
            bark,
            h * 0.02,
            smooth=True,
        )


def _cactus(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.line(np.array([[x, -0.1], [x, h]]), ink.middle, h * 0.16)
    c.line(np.array([[x, h * 0.45], [x + h * 0.25, h * 0.5], [x + h * 0.25, h * 0.8]]), ink.middle, h * 0.1)
    c.line(np.array([[x, h * 0.3], [x - h * 0.22, h * 0.36], [x - h * 0.22, h * 0.6]]), dark(ink.middle, 0.08), h * 0.1)


def _coral(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    colour = mix(ink.middle, ink.accent, (s % 5) / 5)
    for k in (-2, -1, 0, 1, 2):
        c.line(
            np.array([[x, -0.1], [x + k * h * 0.12, h * 0.5], [x + k * h * 0.28, h * (1 - 0.12 * abs(k))]]),
            colour,
            h * 0.12,
            smooth=True,
        )


def _stalagmite(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.polygon(
        np.array([[x - h * 0.3, -0.2], [x + h * 0.3, -0.2], [x + h * 0.05, h], [x - h * 0.04, h * 0.98]]), ink.middle
    )
    top = 5.5
    c.polygon(np.array([[x + 0.6, top + 2], [x + 1.2, top + 2], [x + 0.92, top - h * 0.9]]), dark(ink.middle, 0.15))


def _crystal(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    for k in (-1, 0, 1):
        a = k * 0.4
        c.polygon(
            np.array(
                [
                    [x - 0.1 + k * 0.15, 0],
                    [x + 0.1 + k * 0.15, 0],
                    [x + 0.12 + a * h, h * 0.8],
                    [x + a * h * 1.1, h],
                    [x - 0.08 + a * h, h * 0.8],
                ]
            ),
            light(ink.accent, 0.15 * (k + 1)),
        )


def _crater(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.ellipse(x, 0.0, h * 1.8, h * 0.28, dark(ink.floor, 0.25))
    c.ellipse(x, 0.05, h * 1.5, h * 0.18, dark(ink.floor, 0.45))


def _drift(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.ellipse(x, -0.1, h * 2.4, h * 0.5, light(ink.floor, 0.3))


rocks = _scattered(4.2, 2.6, 0.3, 1.1, _rock)
trunks = _scattered(2.6, 2.2, 9, 14, _trunk)
bushes = _scattered(3.0, 2.4, 0.6, 1.1, _bush)
flowers = _scattered(0.7, 1.4, 0.3, 0.8, _flower)
palms = _scattered(5.0, 2.8, 4, 6.5, _palm)
pines = _scattered(3.4, 2.8, 3, 6, _pine)
trees_near = _scattered(6.0, 3.2, 4, 6, _near_tree)
bare_trees = _scattered(4.5, 2.8, 4, 7, _bare)
cacti = _scattered(5.0, 2.8, 1.2, 2.6, _cactus)
coral = _scattered(2.2, 1.8, 0.6, 1.6, _coral)
stalagmites = _scattered(3.2, 2.6, 0.8, 2.4, _stalagmite)
crystals = _scattered(4.4, 2.2, 0.5, 1.1, _crystal)
craters = _scattered(4.0, 1.0, 0.6, 1.4, _crater)
drifts = _scattered(3.8, 1.8, 0.4, 0.9, _drift)


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
