"""What title and end cards are cut from: each genre's own little paper stage, drawn around the lettering.

Units: the card is 1 high and ``a`` wide, y points down. Each function returns its papers back to front; each paper
throws its soft shadow on those behind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.previz.canvas import Canvas, Colour, Gradient, hex_colour, mix

Paper = Callable[[Canvas], None]
Ground = Callable[[float, Colour, Colour, Colour], list[Paper]]
"""Aspect, paper, ink and accent -> papers."""


def _hills(a: float, base: float, rise: float, seed: int, colour: Colour, jag: bool = False) -> Paper:
    rng = np.random.default_rng(seed)
    x = np.linspace(-0.1, a + 0.1, 9)
    y = base - rise * rng.uniform(0.0, 1.0, 9)
    outline = np.vstack([[-0.1, 1.2], np.stack([x, y], 1), [a + 0.1, 1.2]])
    return lambda c: (c.polygon if jag else c.blob)(outline, colour)


def _frame(a: float, gap: float, width: float, colour: Colour) -> Paper:
    return lambda c: c.rect(gap, gap, a - 2 * gap, 1 - 2 * gap, None, colour, width)


def _star(x: float, y: float, r: float) -> np.ndarray:
    turn = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2, 0.42, 1.0) * r
    return np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], 1)


def noir(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """One street lamp, its cone of light, and the wet street that gives it back."""

    def cone(c: Canvas) -> None:
        lit = mix(paper, ink, 0.3)
        shape = np.array([[0.2 * a, 0.1], [0.24 * a, 0.1], [0.62 * a, 0.86], [-0.12 * a, 0.86]])
        top, low = c._pixels(np.array([[0, 0.1], [0, 0.86]]))[:, 1]
        c.polygon(shape, Gradient([(0, lit), (1, mix(paper, ink, 0.06))], line=(0, float(top), 0, float(low))))
        c.ellipse(0.25 * a, 0.87, 0.37 * a, 0.035, mix(paper, ink, 0.26))

    def lamp(c: Canvas) -> None:
        c.rect(0.055 * a, 0.08, 0.012, 0.8, (0, 0, 0))
        c.line(np.array([[0.058 * a, 0.1], [0.14 * a, 0.05], [0.22 * a, 0.07]]), (0, 0, 0), 0.012, smooth=True)
        c.polygon(np.array([[0.19 * a, 0.1], [0.21 * a, 0.06], [0.23 * a, 0.06], [0.25 * a, 0.1]]), (0, 0, 0))
        c.ellipse(0.22 * a, 0.102, 0.022, 0.01, ink)

    def street(c: Canvas) -> None:
        c.rect(-0.1, 0.88, a + 0.2, 0.2, mix(paper, (0, 0, 0), 0.5))
        for k, (x, long) in enumerate(((0.22, 0.16), (0.25, 0.1), (0.2, 0.06), (0.7, 0.05), (0.23, 0.04))):
            c.ellipse(x * a, 0.9 + 0.02 * k, long * a, 0.0035, (*mix(paper, ink, 0.55 - 0.09 * k)[:3], 0.9))

    return [cone, street, lamp]


def fairy_tale(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """Patterned paper in a scalloped frame, with hills to go over."""

    def dots(c: Canvas) -> None:
        for n in range(15):
            for k in range(round(a * 16)):
                x, y = (k + 0.5 * (n % 2)) / 15, n / 14
                c.polygon(_star(x, y, 0.010 if (n + k) % 3 else 0.016), mix(paper, accent, 0.22))

    def scallops(c: Canvas) -> None:
        colour = mix(accent, paper, 0.1)
        for x in np.arange(0, a + 0.05, 0.1):
            c.ellipse(x, -0.01, 0.056, 0.075, colour)
            c.ellipse(x, 0.035, 0.012, 0.012, paper)
        for y in np.arange(0.1, 0.8, 0.1):
            c.ellipse(-0.01, y, 0.07, 0.056, colour)
            c.ellipse(a + 0.01, y, 0.07, 0.056, colour)

    return [
        dots, _hills(a, 0.95, 0.11, 3, mix(ink, paper, 0.5)), _hills(a, 1.0, 0.12, 8, mix(ink, paper, 0.2)), scallops,
    ]  # fmt: skip


def science_fiction(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """Stars over the lit rim of a world, and a grid that runs to its horizon."""
    rng = np.random.default_rng(4)
    stars = rng.uniform([0, 0], [a, 0.8], (90, 2))

    def space(c: Canvas) -> None:
        for n, (x, y) in enumerate(stars):
            c.ellipse(x, y, 0.0016 + 0.0016 * (n % 5 == 0), 0.0016 + 0.0016 * (n % 5 == 0), mix(paper, ink, 0.75))

    def world(c: Canvas) -> None:
        for k in range(7, 0, -1):
            c.ellipse(a / 2, 1.62, 1.25 + 0.012 * k, 0.80 + 0.012 * k, (*accent[:3], 0.09))
        c.ellipse(a / 2, 1.62, 1.253, 0.803, accent)
        c.ellipse(a / 2, 1.626, 1.25, 0.80, mix(paper, (0, 0, 0), 0.45))
        for k in range(-8, 9):
            lines = np.array([[a / 2 + k * 0.05, 0.86 + 0.0025 * k * k], [a / 2 + k * 0.2, 1.1]])
            c.line(lines, (*accent[:3], 0.28), 0.002)

    def marks(c: Canvas) -> None:
        for x, s in ((0.06, 1), (a - 0.06, -1)):
            for y, t in ((0.07, 1), (0.8, -1)):
                c.line(np.array([[x + 0.06 * s, y], [x, y], [x, y + 0.06 * t]]), accent, 0.004)

    return [space, world, marks]


def documentary(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """Plain: one sheet on another."""

    def sheet(c: Canvas) -> None:
        c.rect(0.0, 0.0, 0.055 * a, 1.0, accent)

    return [sheet]


def comedy(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """Rays and confetti."""
    rng = np.random.default_rng(12)
    bits = rng.uniform([0, 0, 0], [a, 1, np.pi], (46, 3))

    def rays(c: Canvas) -> None:
        for k in range(0, 32, 2):
            turn = np.array([k, k + 1]) * 2 * np.pi / 32
            ends = np.stack([a / 2 + 2 * np.cos(turn), 0.5 + 2 * np.sin(turn)], 1)
            c.polygon(np.vstack([[a / 2, 0.5], ends]), mix(paper, (1, 1, 1), 0.3))

    def confetti(c: Canvas) -> None:
        inks = (accent, ink, hex_colour("#2f8fa8"), hex_colour("#ffffff"))
        for n, (x, y, turn) in enumerate(bits):
            if abs(y - 0.5) > 0.33 or abs(x - a / 2) > 0.42 * a:
                step = np.array([np.cos(turn), np.sin(turn)])
                c.line(np.array([[x, y], [x, y] + step * 0.022]), inks[n % 4], 0.016)

    return [rays, confetti]


def _branch(c: Canvas, at: np.ndarray, turn: float, long: float, ink: Colour, rng: np.random.Generator) -> None:
    if long < 0.03:
        return
    end = at + long * np.array([np.cos(turn), np.sin(turn)])
    c.line(np.stack([at, end]), ink, long * 0.1)
    for side in (-1, 1):
        _branch(c, end, turn + side * rng.uniform(0.25, 0.75), long * rng.uniform(0.55, 0.8), ink, rng)


def horror(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """A red moon behind bare branches that reach in."""

    def moon(c: Canvas) -> None:
        for k in (3, 2, 1):
            c.ellipse(0.78 * a, 0.24, 0.13 + 0.05 * k, 0.13 + 0.05 * k, (*accent[:3], 0.1))
        c.ellipse(0.78 * a, 0.24, 0.13, 0.13, mix(accent, ink, 0.12))

    def branches(c: Canvas) -> None:
        black = mix(paper, (0, 0, 0), 0.55)
        _branch(c, np.array([a + 0.05, 0.75]), -2.35, 0.3, black, np.random.default_rng(6))
        _branch(c, np.array([-0.05, 0.2]), 0.5, 0.17, black, np.random.default_rng(9))

    return [moon, _hills(a, 0.97, 0.1, 5, mix(paper, (0, 0, 0), 0.4), jag=True), branches]


def western(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """The sun goes down behind mesas."""

    def sun(c: Canvas) -> None:
        c.ellipse(a / 2, 0.8, 0.33, 0.33, mix(paper, accent, 0.42))

    def mesas(c: Canvas) -> None:
        for x, w, h in ((0.02, 0.2, 0.17), (0.27, 0.07, 0.1), (0.74, 0.26, 0.2), (0.66, 0.06, 0.12)):
            left, right = x * a, (x + w) * a
            shape = np.array(
                [[left - 0.03, 0.9], [left + 0.02, 0.9 - h], [right - 0.02, 0.9 - h + 0.01], [right + 0.03, 0.9]]
            )
            c.polygon(shape, mix(accent, ink, 0.25))

    def ground(c: Canvas) -> None:
        c.rect(-0.1, 0.87, a + 0.2, 0.3, mix(accent, ink, 0.7))
        for x, h in ((0.12, 0.12), (0.9, 0.17)):
            c.line(np.array([[x * a, 0.9], [x * a, 0.9 - h]]), ink, 0.022)
            for s in (-1, 1):
                arm = np.array([[0, 0.55], [0.04 * s, 0.6], [0.04 * s, 0.8]]) * [1, h] * [1, -1] + [x * a, 0.9]
                c.line(arm, ink, 0.016, smooth=True)

    return [sun, mesas, ground]


def romance(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """Hearts on a thread."""

    def heart(x: float, y: float, r: float, colour: Colour) -> Paper:
        t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        shape = np.stack(
            [16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))], 1
        )
        return lambda c: c.polygon(shape * r / 16 + [x, y], colour)

    def thread(c: Canvas) -> None:
        x = np.linspace(-0.1, a + 0.1, 30)
        c.line(np.stack([x, 0.12 + 0.03 * np.sin(x * 4)], 1), mix(accent, ink, 0.4), 0.004, smooth=True)

    hung = [
        heart(
            x * a, 0.17 + 0.03 * np.sin(x * a * 4), 0.028 + 0.012 * (n % 3), mix(paper, accent, 0.45 + 0.18 * (n % 3))
        )
        for n, x in enumerate((0.08, 0.2, 0.33, 0.46, 0.6, 0.73, 0.86, 0.95))
    ]
    return [heart(0.5 * a, 0.5, 0.4, mix(paper, (1, 1, 1), 0.45)), thread, *hung,
            _hills(a, 0.99, 0.07, 2, mix(paper, accent, 0.5))]  # fmt: skip


def history(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """A document: worn sheet, double rule, corner pieces."""

    def worn(c: Canvas) -> None:
        for k in range(4):
            c.rect(0, 0, a, 1, None, (*mix(accent, ink, 0.3)[:3], 0.07), 0.025 + 0.025 * k)

    def corners(c: Canvas) -> None:
        for x in (0.06, a - 0.06):
            for y in (0.06, 0.94):
                c.ellipse(x, y, 0.034, 0.034, accent)
                c.polygon(_star(x, y, 0.022), paper)

    return [worn, _frame(a, 0.06, 0.008, ink), _frame(a, 0.08, 0.0025, ink), corners]


def fantasy(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """Moon, stars, and a castle on a far hill."""
    stars = np.random.default_rng(21).uniform([0, 0.02], [a, 0.7], (34, 2))

    def sky(c: Canvas) -> None:
        for n, (x, y) in enumerate(stars):
            c.polygon(_star(x, y, 0.006 + 0.004 * (n % 3)), mix(paper, accent, 0.5))
        c.ellipse(0.84 * a, 0.2, 0.1, 0.1, mix(accent, ink, 0.5))
        c.ellipse(0.84 * a - 0.045, 0.18, 0.088, 0.088, paper)

    def castle(c: Canvas) -> None:
        stone = mix(paper, ink, 0.24)
        for x, w, h in ((0.12, 0.05, 0.16), (0.155, 0.06, 0.24), (0.2, 0.045, 0.13)):
            left, top = x * a, 0.9 - h
            c.rect(left, top, w, h + 0.1, stone)
            c.polygon(np.array([[left - 0.012, top], [left + w / 2, top - 0.09], [left + w + 0.012, top]]), stone)
            c.ellipse(left + w / 2, top + 0.04, 0.008, 0.014, accent)

    return [
        sky, _hills(a, 0.95, 0.16, 7, mix(paper, ink, 0.14), jag=True), castle,
        _hills(a, 1.0, 0.12, 17, mix(paper, (0, 0, 0), 0.4)),
    ]  # fmt: skip


def adventure(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """Mountains in layers under a sun, and the dotted way across."""

    def sun(c: Canvas) -> None:
        c.ellipse(0.84 * a, 0.22, 0.1, 0.1, accent)

    def way(c: Canvas) -> None:
        for k, x in enumerate(np.linspace(0.04 * a, 0.86 * a, 26)):
            y = 0.93 + 0.025 * np.sin(k * 0.55)
            c.line(np.array([[x, y], [x + 0.022, y - 0.005]]), ink, 0.007)
        for s in (-1, 1):
            c.line(np.array([[0.9 * a - 0.022, 0.92 + 0.022 * s], [0.9 * a + 0.022, 0.92 - 0.022 * s]]), accent, 0.012)

    return [
        sun, _hills(a, 0.92, 0.34, 31, mix(paper, ink, 0.2), jag=True), _hills(a, 0.94, 0.2, 11, mix(paper, ink, 0.08)),
        _hills(a, 0.98, 0.12, 14, mix(paper, (0, 0, 0), 0.3)), way,
    ]  # fmt: skip


def drama(a: float, paper: Colour, ink: Colour, accent: Colour) -> list[Paper]:
    """A paper theatre: one pool of light between two curtains."""

    def pool(c: Canvas) -> None:
        x, y = c._pixels(np.array([[a / 2, 0.46]]))[0]
        warm = mix(mix(accent, ink, 0.4), paper, 0.45)
        glow = Gradient([(0, warm), (1, (*paper[:3], 0.0))], disc=(float(x), float(y), 0.85 * c.scale))
        c.rect(-0.1, -0.1, a + 0.2, 1.2, glow)
        c.rect(-0.1, 0.9, a + 0.2, 0.2, mix(paper, (0, 0, 0), 0.35))

    def curtain(side: int) -> Paper:
        def paint(c: Canvas) -> None:
            edge = 0.0 if side < 0 else a
            for k in range(4, -1, -1):
                reach = (0.025 + 0.022 * k) * a
                y = np.linspace(-0.1, 1.1, 12)
                x = edge - side * (reach - 0.035 * np.sin(np.clip(y, 0, 1) * np.pi) * a * (k + 1) / 5)
                outline = np.vstack([np.stack([x, y], 1), [edge + side * 0.2, 1.1], [edge + side * 0.2, -0.1]])
                c.polygon(outline, mix(hex_colour("#8a3a34"), (0, 0, 0), 0.12 + 0.16 * (k % 2)))

        return paint

    def pelmet(c: Canvas) -> None:
        for x in np.arange(-0.05, a + 0.1, 0.17):
            c.ellipse(x, -0.03, 0.1, 0.1, mix(hex_colour("#8a3a34"), (0, 0, 0), 0.2))
        c.rect(-0.1, -0.1, a + 0.2, 0.115, accent)

    return [pool, curtain(-1), curtain(1), pelmet]


GROUNDS: dict[str, Ground] = {
    "noir": noir, "fairy-tale": fairy_tale, "science-fiction": science_fiction, "documentary": documentary,
    "comedy": comedy, "horror": horror, "western": western, "romance": romance, "history": history,
    "fantasy": fantasy, "adventure": adventure, "drama": drama,
}  # fmt: skip
