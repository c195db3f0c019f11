"""Parts of sets that are one thing, to one side of the stage: lighthouse, castle, barn, boat, mast, clock."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas, Gradient
from studio.previz.sets.arranged import LAMP, glass, single
from studio.previz.sets.paper import Inks, box, dark, light, mix, windows


def _barn(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    w = h * 1.3
    box(c, x - w / 2, -0.1, w, h * 0.6, ink.middle)
    c.polygon(
        np.array(
            [
                [x - w * 0.56, h * 0.58],
                [x - w * 0.35, h * 0.9],
                [x, h],
                [x + w * 0.35, h * 0.9],
                [x + w * 0.56, h * 0.58],
            ]
        ),
        dark(ink.middle, 0.4),
    )
    c.rect(x - w * 0.16, -0.1, w * 0.32, h * 0.42, ink.accent)
    c.line(np.array([[x - w * 0.15, 0], [x + w * 0.15, h * 0.4]]), ink.middle, 0.08)
    c.line(np.array([[x + w * 0.15, 0], [x - w * 0.15, h * 0.4]]), ink.middle, 0.08)


def _boat(c: Canvas, x: float, h: float, s: int, ink: Inks, t: float) -> None:
    y = 0.05 * np.sin(t * 1.2 + s)
    c.polygon(
        np.array([[x - h, y + 0.5], [x + h * 1.1, y + 0.6], [x + h * 0.7, y - 0.1], [x - h * 0.7, y - 0.1]]), ink.accent
    )
    c.line(np.array([[x, y + 0.4], [x, y + h * 1.6]]), dark(ink.middle, 0.4), 0.07)
    c.polygon(np.array([[x + 0.1, y + h * 1.55], [x + 0.1, y + 0.7], [x + h * 0.9, y + 0.8]]), light(ink.floor, 0.6))


def _lighthouse(c: Canvas, x: float, ink: Inks, t: float) -> None:
    h, w = 11.0, 1.3
    for k in range(5):
        a, b = w * (1 - 0.09 * k), w * (1 - 0.09 * (k + 1))
        y = h * 0.17 * k
        c.polygon(
            np.array([[x - a, y - 0.2], [x + a, y - 0.2], [x + b, y + h * 0.17], [x - b, y + h * 0.17]]),
            ink.accent if k % 2 else ink.middle,
        )
    top = h * 0.85
    c.rect(x - 1.0, top - 0.1, 2.0, 0.22, dark(ink.accent, 0.5))
    c.rect(x - 0.55, top + 0.1, 1.1, 1.0, LAMP if ink.night else light(ink.sky, 0.4))
    c.polygon(np.array([[x - 0.75, top + 1.1], [x + 0.75, top + 1.1], [x, top + 1.9]]), ink.accent)
    if ink.night:
        turn = np.sin(t * 0.9)
        reach = 26 * turn
        beam = Gradient(
            [(0, (1, 0.95, 0.7, 0.5)), (1, (1, 0.95, 0.7, 0.0))], line=_pixels(c, x, top + 0.6, x + reach, top + 0.6)
        )
        c.polygon(np.array([[x, top + 0.75], [x, top + 0.45], [x + reach, top - 1.6], [x + reach, top + 3.0]]), beam)
    c.rect(x - 0.35, -0.2, 0.7, 1.5, dark(ink.middle, 0.6))
    for k in range(3):
        c.rect(x - 0.16, 2.6 + 2.0 * k, 0.32, 0.55, LAMP if ink.night else dark(ink.middle, 0.5))


def _pixels(c: Canvas, *points: float) -> tuple[float, ...]:
    return tuple(float(v) for v in c._pixels(np.array(points).reshape(-1, 2)).reshape(-1))


def _castle(c: Canvas, x: float, ink: Inks, t: float) -> None:
    lit, unlit, share = glass(ink)
    for dx, w, h in ((-4.2, 2.2, 7.5), (0, 6.5, 5.0), (4.0, 2.4, 9.0), (1.2, 1.8, 10.5)):
        box(c, x + dx - w / 2, -0.2, w, h, mix(ink.middle, ink.far, 0.12 * abs(dx) / 4))
        for k in range(int(w / 0.55)):
            c.rect(x + dx - w / 2 + k * 0.55, h - 0.25, 0.32, 0.5, ink.middle)
        if w < 3:
            c.polygon(np.array([[x + dx - w * 0.62, h], [x + dx + w * 0.62, h], [x + dx, h + w * 1.3]]), ink.accent)
        windows(
            c,
            x + dx - w / 2,
            h * 0.35,
            w,
            h * 0.5,
            max(1, int(w)),
            2,
            lit,
            unlit,
            np.random.default_rng(int(w * 10)),
            share,
        )
    c.ellipse(x, 0.9, 0.9, 1.4, dark(ink.middle, 0.6))


def _mast(c: Canvas, x: float, ink: Inks, t: float) -> None:
    c.line(np.array([[x, -0.2], [x, 14]]), dark(ink.middle, 0.3), 0.3)
    belly = 0.5 + 0.15 * np.sin(t * 0.8)
    c.blob(
        np.array(
            [
                [x - 3, 8],
                [x, 8.2],
                [x + 3, 8],
                [x + 2.6 + belly, 5.5],
                [x + 2.8, 3.2],
                [x - 2.8, 3.2],
                [x - 2.6 + belly, 5.5],
            ]
        ),
        light(ink.accent, 0.2),
        tension=0.25,
    )
    box(c, -14, -0.1, 28, 0.9, dark(ink.floor, 0.2))


def _clock(c: Canvas, x: float, ink: Inks, t: float) -> None:
    c.line(np.array([[x, 0], [x, 3.4]]), dark(ink.middle, 0.5), 0.1)
    c.ellipse(x, 3.4, 0.45, 0.45, (0.96, 0.94, 0.88), dark(ink.middle, 0.5), 0.08)
    for length, rate in ((0.22, 0.05), (0.34, 0.6)):
        a = 1.2 - t * rate
        c.line(np.array([[x, 3.4], [x + np.cos(a) * length, 3.4 + np.sin(a) * length]]), (0.15, 0.15, 0.15), 0.05)


lighthouse = single((3.4, 4.6), _lighthouse)
castle = single((2.5, 5.0), _castle)
barn = single((3.6, 5.0), lambda c, x, ink, t: _barn(c, x, 5.5, 1, ink, t))
boat = single((3.0, 4.5), lambda c, x, ink, t: _boat(c, x, 1.4, 2, ink, t))
mast = single((0.8, 2.8), lambda c, x, ink, t: _mast(c, x, ink, t))
clock = single((2.2, 3.0), lambda c, x, ink, t: _clock(c, x, ink, t))
