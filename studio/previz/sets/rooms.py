"""Parts of sets indoors: what stands against the wall and before it."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Canvas
from studio.previz.sets.arranged import LAMP
from studio.previz.sets.paper import Inks, Painter, box, dark, halo, light, mix

INK_BLUE = (0.09, 0.12, 0.25)


def _at(sides: tuple[float, ...], draw):  # type: ignore[no-untyped-def]
    """A part drawn at one or several x, shifted and mirrored by the location's seed."""

    def part(rng: np.random.Generator, ink: Inks, z: float) -> Painter:
        flip, shift, seed = rng.choice([-1.0, 1.0]), float(rng.uniform(-0.5, 0.5)), int(rng.integers(0, 10**6))

        def paint(c: Canvas, t: float) -> None:
            for n, x in enumerate(sides):
                draw(c, x * flip + shift, ink, t, seed + n)

        return paint

    return part


def _window(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    outside = INK_BLUE if ink.night else light(ink.sky, 0.15)
    box(c, x - 0.85, 1.0, 1.7, 2.0, light(ink.wall, 0.35))
    c.rect(x - 0.72, 1.12, 1.44, 1.76, outside)
    if ink.night:
        c.ellipse(x + 0.35, 2.5, 0.15, 0.15, (0.97, 0.95, 0.82))
    else:
        c.ellipse(x - 0.2, 1.3, 0.8, 0.35, mix(ink.far, outside, 0.3))
    c.rect(x - 0.03, 1.12, 0.06, 1.76, light(ink.wall, 0.35))
    c.rect(x - 0.72, 1.95, 1.44, 0.06, light(ink.wall, 0.35))
    for k in (-1, 1):
        sway = 0.03 * np.sin(t + k)
        c.blob(
            np.array([[x + k * 0.65, 3.1], [x + k * 1.1, 3.1], [x + k * 1.2 + sway, 0.8], [x + k * 0.9 + sway, 0.8]]),
            ink.accent,
            tension=0.25,
        )


def _shelves(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    rng = np.random.default_rng(s)
    box(c, x - 1.0, 0, 2.0, 3.3, dark(ink.middle, 0.1))
    for row in range(4):
        y = 0.2 + row * 0.78
        c.rect(x - 0.9, y, 1.8, 0.64, dark(ink.middle, 0.45))
        px = x - 0.85
        while px < x + 0.75:
            w, h = rng.uniform(0.07, 0.16), rng.uniform(0.36, 0.6)
            colour = (ink.accent, light(ink.wall, 0.2), mix(ink.accent, ink.floor, 0.5), dark(ink.accent, 0.3))[
                int(rng.integers(0, 4))
            ]
            c.rect(px, y, w, h, colour)
            px += w + 0.02


def _table(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    wood = light(ink.middle, 0.12)
    box(c, x - 1.0, 0.78, 2.0, 0.12, wood)
    for k in (-0.85, 0.75):
        c.rect(x + k, -0.1, 0.1, 0.9, dark(wood, 0.25))
    c.ellipse(x + 0.3, 1.0, 0.12, 0.14, ink.accent)
    box(c, x - 0.6, 0.9, 0.5, 0.08, light(ink.wall, 0.4))


def _lamp(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    c.line(np.array([[x, -0.1], [x, 1.7]]), dark(ink.middle, 0.4), 0.06)
    c.ellipse(x, -0.05, 0.25, 0.06, dark(ink.middle, 0.4))
    shade = LAMP if ink.night else light(ink.accent, 0.4)
    if ink.night:
        halo(c, x, 1.85, 1.9, LAMP)
    c.polygon(np.array([[x - 0.34, 1.65], [x + 0.34, 1.65], [x + 0.2, 2.15], [x - 0.2, 2.15]]), shade)


def _pendant(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    c.line(np.array([[x, 5], [x, 2.95]]), dark(ink.wall, 0.6), 0.03)
    c.polygon(np.array([[x - 0.3, 2.7], [x + 0.3, 2.7], [x + 0.1, 3.0], [x - 0.1, 3.0]]), ink.accent)
    if ink.night:
        halo(c, x, 2.66, 1.5, LAMP)
    c.ellipse(x, 2.68, 0.12, 0.09, LAMP)


def _counter(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 1.9, -0.1, 3.8, 1.05, ink.middle)
    c.rect(x - 2.0, 0.92, 4.0, 0.12, light(ink.middle, 0.4))
    for k in range(4):
        c.rect(x - 1.75 + k * 0.9, 0.1, 0.78, 0.7, dark(ink.middle, 0.12))
    for k, colour in enumerate((ink.accent, light(ink.wall, 0.4), dark(ink.accent, 0.2))):
        c.ellipse(x - 1.2 + k * 0.45, 1.16, 0.14, 0.18, colour)
    for k in range(3):
        rise = (t * 0.5 + k * 0.5) % 1.5
        c.ellipse(
            x + 1.2 + 0.05 * np.sin(t + k),
            1.3 + rise * 0.7,
            0.08 + 0.05 * rise,
            0.07,
            (1, 1, 1, 0.3 * (1 - rise / 1.5)),
        )


def _pans(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    c.rect(x - 1.2, 2.75, 2.4, 0.06, dark(ink.wall, 0.5))
    for k in range(5):
        px, a = x - 1.0 + k * 0.5, 0.06 * np.sin(t * 1.3 + k)
        c.line(np.array([[px, 2.75], [px + a, 2.35]]), dark(ink.wall, 0.55), 0.04)
        c.ellipse(px + a, 2.2, 0.17, 0.17, mix(ink.accent, ink.middle, k % 2))


def _board(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 1.5, 1.2, 3.0, 1.6, light(ink.middle, 0.1))
    c.rect(x - 1.38, 1.3, 2.76, 1.4, dark(ink.middle, 0.2))
    rng = np.random.default_rng(s)
    for k in range(4):
        c.rect(x - 1.2, 2.45 - k * 0.28, float(rng.uniform(0.7, 2.2)), 0.05, (0.95, 0.95, 0.9))


def _desk(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 0.7, 0.7, 1.4, 0.1, light(ink.floor, 0.2))
    for k in (-0.6, 0.5):
        c.rect(x + k, -0.1, 0.08, 0.8, dark(ink.floor, 0.4))
    box(c, x - 0.2, 0.8, 0.4, 0.06, ink.accent)


def _screen(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 0.75, 1.3, 1.5, 1.0, dark(ink.middle, 0.5))
    c.rect(x - 0.66, 1.38, 1.32, 0.84, mix(ink.accent, INK_BLUE, 0.65))
    k = np.linspace(-0.6, 0.6, 24)
    c.line(np.stack([x + k, 1.8 + 0.25 * np.sin(k * 9 + t * 3 + s)], 1), ink.accent, 0.03)
    for n in range(4):
        on = (int(t * 2) + n + s) % 3 == 0
        c.ellipse(x - 0.6 + n * 0.2, 1.22, 0.05, 0.05, light(ink.accent, 0.4) if on else dark(ink.accent, 0.4))


def _flask(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 1.1, 0.85, 2.2, 0.1, light(ink.middle, 0.4))
    for k in range(5):
        px = x - 0.9 + k * 0.45
        colour = mix(ink.accent, ((0.9, 0.4, 0.6), (0.4, 0.6, 0.95), ink.accent)[k % 3], 0.7)
        c.polygon(np.array([[px - 0.16, 0.95], [px + 0.16, 0.95], [px + 0.05, 1.3], [px - 0.05, 1.3]]), colour)
        c.rect(px - 0.045, 1.3, 0.09, 0.16, (0.9, 0.95, 0.97, 0.7))
        rise = (t * 0.6 + k * 0.3) % 1
        c.ellipse(px, 1.5 + rise * 0.5, 0.04, 0.04, (*light(colour)[:3], 1 - rise))


def _tools(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 1.3, 1.4, 2.6, 1.3, light(ink.wall, 0.12))
    for k in range(6):
        px = x - 1.05 + k * 0.42
        c.rect(px, 1.6, 0.06, 0.7, dark(ink.middle, 0.2))
        c.rect(px - 0.1, 2.2, 0.26, 0.15, ink.accent if k % 2 else dark(ink.wall, 0.5))


def _machine(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 0.8, -0.1, 1.6, 1.7, ink.middle)
    for k, r in enumerate((0.4, 0.28)):
        cx, cy, a = x - 0.3 + k * 0.62, 0.9 + 0.2 * k, t * (1.2 if k else -0.8)
        c.ellipse(cx, cy, r, r, light(ink.middle, 0.25))
        for n in range(6):
            b = a + n * 1.047
            c.line(
                np.array([[cx, cy], [cx + np.cos(b) * r * 1.15, cy + np.sin(b) * r * 1.15]]),
                dark(ink.middle, 0.3),
                0.07,
            )
    c.ellipse(x + 0.55, 1.4, 0.08, 0.08, ink.accent)


def _porthole(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    c.ellipse(x, 2.1, 1.25, 1.25, dark(ink.wall, 0.3))
    c.ellipse(x, 2.1, 1.08, 1.08, (0.04, 0.05, 0.14))
    rng = np.random.default_rng(s)
    for px, py in rng.uniform(-0.7, 0.7, (24, 2)):
        c.ellipse(x + px, 2.1 + py, 0.018, 0.018, (1, 1, 0.9))
    c.ellipse(x + 0.35, 1.75, 0.4, 0.4, ink.accent)


def _bed(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 1.2, 0.3, 2.4, 0.35, ink.middle)
    box(c, x - 1.2, 0.6, 0.6, 0.22, light(ink.middle, 0.4))
    c.rect(x - 1.3, -0.1, 0.1, 1.2, dark(ink.wall, 0.4))
    c.rect(x + 1.2, -0.1, 0.1, 0.8, dark(ink.wall, 0.4))


def _plant(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 0.22, -0.1, 0.44, 0.5, ink.accent)
    for k in range(7):
        a = 0.5 + k * 0.36
        tip = [x + np.cos(a) * 0.6 + 0.02 * np.sin(t + k), 0.5 + np.sin(a) * 1.0]
        c.line(np.array([[x, 0.4], tip]), (0.3, 0.52, 0.3), 0.1)


def _pillar(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    box(c, x - 0.32, -0.3, 0.64, 7, dark(ink.middle, 0.1))
    box(c, x - 0.45, -0.3, 0.9, 0.4, ink.middle)
    c.rect(x - 0.16, 0.1, 0.08, 6.5, light(ink.middle, 0.15))


def _wall_banner(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    sway = 0.05 * np.sin(t * 0.8 + s)
    c.polygon(
        np.array([[x - 0.5, 4.2], [x + 0.5, 4.2], [x + 0.5 + sway, 1.9], [x + sway, 1.5], [x - 0.5 + sway, 1.9]]),
        ink.accent,
    )
    c.ellipse(x + sway * 0.5, 3.0, 0.22, 0.22, light(ink.wall, 0.4))


def _curtain(c: Canvas, x: float, ink: Inks, t: float, s: int) -> None:
    for side in (-1, 1):
        for k in range(6):
            px = side * (2.6 + k * 0.75)
            c.polygon(
                np.array([[px - 0.45, 0], [px + 0.45, 0.05], [px + 0.3, 7], [px - 0.3, 7]]),
                mix(ink.middle, (0, 0, 0), 0.1 * (k % 2)),
            )
    for k in range(14):
        c.ellipse(-6.5 + k, 4.6, 0.6, 0.5, dark(ink.middle, 0.12 * (k % 2)))


window = _at((-2.6, 2.6), _window)
shelves = _at((-4.4, 4.6), _shelves)
table = _at((2.6,), _table)
lamp = _at((-3.0,), _lamp)
pendants = _at((-2.4, 0.0, 2.4), _pendant)
counter = _at((3.2,), _counter)
pans = _at((0.6,), _pans)
board = _at((0.4,), _board)
desks = _at((-3.0, 2.8), _desk)
screens = _at((-3.2, 0.6, 4.0), _screen)
flasks = _at((-2.8,), _flask)
tools = _at((-1.8,), _tools)
machine = _at((4.0,), _machine)
porthole = _at((-0.6,), _porthole)
bed = _at((3.0,), _bed)
plant = _at((-4.2,), _plant)
pillars = _at((-4.6, 4.6), _pillar)
banners = _at((-2.2, 2.2), _wall_banner)
curtain = _at((0.0,), _curtain)
