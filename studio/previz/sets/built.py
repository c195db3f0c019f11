"""Parts of sets that people built out of doors."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas
from studio.previz.sets.arranged import LAMP, glass, scattered
from studio.previz.sets.paper import Inks, Painter, box, dark, halo, light, mix, places, windows


def skyline(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    xs = places(rng, -z * 1.7, z * 1.7, z * 0.075)
    towers = [(x, rng.uniform(0.05, 0.085) * z, rng.uniform(0.08, 0.34) * z, int(rng.integers(0, 10**6))) for x in xs]
    lit, _, share = glass(ink)

    def paint(c: Canvas, t: float) -> None:
        for x, w, h, s in towers:
            colour = mix(ink.far, ink.middle, 0.25 * (s % 3))
            c.rect(x - w / 2, -30, w, h + 30, colour)
            windows(
                c,
                x - w / 2,
                0.02 * z,
                w,
                h - 0.03 * z,
                3,
                7,
                lit,
                dark(colour, 0.12),
                np.random.default_rng(s),
                share * 0.6,
            )

    return paint


def _house(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    w, colour = h * 0.95, mix(ink.middle, (ink.accent, ink.floor, ink.far, light(ink.middle))[s % 4], 0.35)
    lit, unlit, share = glass(ink)
    box(c, x - w / 2, -0.1, w, h * 0.65, colour)
    c.polygon(
        np.array([[x - w * 0.6, h * 0.62], [x + w * 0.6, h * 0.62], [x + w * 0.02, h]]),
        dark(ink.accent, 0.25 if s % 2 else 0.45),
    )
    c.rect(x - w * 0.08, -0.1, w * 0.18, h * 0.28, dark(colour, 0.45))
    for side in (-1, 1):  # a shop's or a parlour's window at eye height: what closer shots see of a street
        px, pane = x + side * w * 0.29 + w * 0.01, lit if (s + side) % 3 else unlit
        box(c, px - w * 0.13, 0.75, w * 0.26, 1.15, light(colour, 0.25))
        c.rect(px - w * 0.11, 0.85, w * 0.22, 0.95, pane)
        c.rect(px - 0.03, 0.85, 0.06, 0.95, light(colour, 0.25))
    windows(c, x - w * 0.45, h * 0.42, w * 0.9, h * 0.22, 3, 1, lit, unlit, np.random.default_rng(s), share + 0.2)


def _lamppost(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.line(np.array([[x, -0.1], [x, h]]), dark(ink.middle, 0.6), 0.09)
    if ink.night:
        halo(c, x, h + 0.15, 1.7, LAMP)
    c.ellipse(x, h + 0.15, 0.2, 0.24, LAMP if ink.night else light(ink.middle, 0.5))


def _crate(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    colour = mix(ink.middle, ink.floor, 0.3)
    box(c, x - h / 2, -0.1, h, h, colour)
    c.line(np.array([[x - h * 0.4, 0], [x + h * 0.4, h * 0.8]]), dark(colour, 0.3), 0.06)


def _stall(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    w = h
    box(c, x - w / 2, -0.1, w, h * 0.4, mix(ink.floor, ink.middle, 0.3))
    for k in (-1, 1):
        c.line(np.array([[x + k * w * 0.46, 0], [x + k * w * 0.46, h * 0.8]]), dark(ink.floor, 0.45), 0.06)
    for k in range(6):
        c.polygon(
            np.array(
                [
                    [x - w * 0.6 + k * w * 0.2, h * 0.72],
                    [x - w * 0.4 + k * w * 0.2, h * 0.72],
                    [x - w * 0.33 + k * w * 0.167, h * 0.95],
                    [x - w * 0.5 + k * w * 0.167, h * 0.95],
                ]
            ),
            ink.accent if (k + s) % 2 else light(ink.floor, 0.5),
        )
    for k in range(7):
        c.ellipse(x - w * 0.4 + k * w * 0.13, h * 0.4, 0.12, 0.1, mix(ink.accent, ink.middle, (k % 3) / 2))


def _tent(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.polygon(np.array([[x - h * 0.9, -0.1], [x + h * 0.9, -0.1], [x, h]]), ink.middle)
    c.polygon(np.array([[x - h * 0.18, -0.1], [x + h * 0.18, -0.1], [x, h * 0.6]]), dark(ink.middle, 0.5))


def _grave(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.rect(x - h * 0.3, -0.1, h * 0.6, h * 0.75, ink.middle)
    c.ellipse(x, h * 0.65, h * 0.3, h * 0.3, ink.middle)
    c.line(np.array([[x, h * 0.3], [x, h * 0.75]]), dark(ink.middle, 0.3), 0.05)


def _banner(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.line(np.array([[x, -0.1], [x, h]]), dark(ink.middle, 0.5), 0.07)
    w = 0.12 * np.sin(t * 2 + s)
    c.blob(
        np.array([[x, h], [x + 0.7, h - 0.05 + w], [x + 1.3, h - 0.3 - w], [x + 0.7, h - 0.55 + w], [x, h - 0.6]]),
        ink.accent,
        tension=0.3,
    )


def _chimney(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    box(c, x - 0.4, -0.1, 0.8, h, ink.middle)
    c.rect(x - 0.5, h - 0.15, 1.0, 0.2, dark(ink.middle, 0.25))
    for k in range(3):
        rise = (t * 0.4 + k * 0.9) % 2.7
        c.ellipse(
            x + 0.2 * rise,
            h + 0.3 + rise,
            0.16 + 0.12 * rise,
            0.13 + 0.1 * rise,
            (0.9, 0.9, 0.92, 0.4 * (1 - rise / 2.7)),
        )


def _planter(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    box(c, x - h * 0.8, -0.1, h * 1.6, h * 0.45, mix(ink.accent, ink.middle, 0.5))
    for k in range(6):
        px = x - h * 0.6 + k * h * 0.24
        c.line(
            np.array([[px, h * 0.3], [px + 0.04 * np.sin(t + k), h * (0.8 + 0.1 * (k % 3))]]), (0.35, 0.56, 0.32), 0.06
        )
        c.ellipse(px, h * (0.85 + 0.1 * (k % 3)), 0.11, 0.09, (0.45, 0.66, 0.36) if k % 2 else ink.accent)


def _bench(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    wood = dark(mix(ink.middle, ink.accent, 0.4), 0.25)
    for y in (0.45, 0.7, 0.9):
        box(c, x - 0.9, y, 1.8, 0.12, wood)
    for k in (-0.7, 0.6):
        c.rect(x + k, -0.1, 0.1, 0.6, dark(wood, 0.4))


def _bollard(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    c.rect(x - 0.1, -0.3, 0.2, h + 0.3, dark(ink.floor, 0.55))
    c.ellipse(x, h, 0.13, 0.1, dark(ink.floor, 0.45))


houses = scattered(4.6, 0.0, 4.2, 6.5, _house)
lampposts = scattered(6.5, 2.4, 3.2, 3.6, _lamppost)
crates = scattered(5.2, 3.0, 0.6, 1.1, _crate)
stalls = scattered(4.2, 1.2, 2.6, 3.2, _stall)
tents = scattered(5.0, 2.0, 2.2, 3.4, _tent)
graves = scattered(2.1, 1.6, 0.7, 1.2, _grave)
banners_out = scattered(4.0, 2.4, 3, 4, _banner)
chimneys = scattered(4.4, 2.4, 1.2, 2.4, _chimney)
planters = scattered(3.4, 2.0, 0.8, 1.1, _planter)
bench = scattered(9.0, 2.0, 1, 1.01, _bench)
bollards = scattered(3.0, 2.8, 0.6, 0.75, _bollard)


def fence(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    wood = dark(mix(ink.accent, ink.floor, 0.6), 0.15)

    def paint(c: Canvas, t: float) -> None:
        sides = (-20, 20) if z > 0 else (-20, -3.2)
        for a, b in ((sides[0], sides[1]),) if z > 0 else ((-20, -3.4), (3.4, 20)):
            for y in (0.35, 0.75):
                box(c, a, y, b - a, 0.1, wood)
            for x in np.arange(a, b, 0.55):
                c.polygon(
                    np.array([[x, -0.1], [x + 0.16, -0.1], [x + 0.16, 0.95], [x + 0.08, 1.1], [x, 0.95]]),
                    light(wood, 0.08),
                )

    return paint


def parapet(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    def paint(c: Canvas, t: float) -> None:
        for a in (-22, 3.6):
            box(c, a, -0.4, 18.4, 0.95, dark(ink.floor, 0.3))
            c.rect(a - 0.1, 0.5, 18.6, 0.14, dark(ink.floor, 0.15))

    return paint


def platform_roof(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
    def paint(c: Canvas, t: float) -> None:
        c.polygon(np.array([[-30, 4.4], [30, 4.4], [30, 5.6], [-30, 5.6]]), ink.middle)
        for k in range(60):
            c.polygon(np.array([[-30 + k, 4.4], [-29 + k, 4.4], [-29.5 + k, 4.0]]), dark(ink.middle, 0.2))
        for x in np.arange(-27, 28, 5.4):
            if abs(x) > 1.5:
                c.rect(x, -0.1, 0.22, 4.5, dark(ink.middle, 0.35))
        box(c, -30, -0.4, 60, 0.34, dark(ink.floor, 0.35))

    return paint
