"""Single things that nature scatters: rock, trees, flowers, coral, ice."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas
from studio.previz.sets.arranged import scattered
from studio.previz.sets.paper import Inks, dark, light, mix, pine, tree


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


rocks = scattered(4.2, 2.6, 0.3, 1.1, _rock)
trunks = scattered(2.6, 2.2, 9, 14, _trunk)
bushes = scattered(3.0, 2.4, 0.6, 1.1, _bush)
flowers = scattered(0.7, 1.4, 0.3, 0.8, _flower)
palms = scattered(5.0, 2.8, 4, 6.5, _palm)
pines = scattered(3.4, 2.8, 3, 6, _pine)
trees_near = scattered(6.0, 3.2, 4, 6, _near_tree)
bare_trees = scattered(4.5, 2.8, 4, 7, _bare)
cacti = scattered(5.0, 2.8, 1.2, 2.6, _cactus)
coral = scattered(2.2, 1.8, 0.6, 1.6, _coral)
stalagmites = scattered(3.2, 2.6, 0.8, 2.4, _stalagmite)
crystals = scattered(4.4, 2.2, 0.5, 1.1, _crystal)
craters = scattered(4.0, 1.0, 0.6, 1.4, _crater)
drifts = scattered(3.8, 1.8, 0.4, 0.9, _drift)
