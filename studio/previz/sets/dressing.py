"""Dressing: what hangs at eye height on a wall, the lamps and sunlight there, and one thing in the middle distance.

Closer shots see little of a set but the wall or the field right behind the head: this is what they see there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from studio.previz.canvas import Canvas, Colour
from studio.previz.sets.paper import Inks, box, dark, halo, light, mix, pine, tree
from studio.previz.stageset import Lamp, Layer

Hung = Callable[[Canvas, float, Inks, int], None]
"""Draws one thing: canvas, x in metres, colours, seed."""
SHADE: Colour = (1.0, 0.9, 0.6)
HANG = -0.2
"""Metres by which things hang lower than in a house, so that a child's head has them behind it too."""
GLOW: Colour = (1.0, 0.78, 0.42)
SUN: dict[str, Colour] = {
    "dawn": (1.0, 0.72, 0.58), "morning": (1.0, 0.95, 0.8), "afternoon": (1.0, 0.9, 0.68), "dusk": (1.0, 0.62, 0.38),
}  # fmt: skip
"""Hours at which the sun comes in low enough to lie on a wall, and its colour then."""


def _picture(c: Canvas, x: float, ink: Inks, s: int) -> None:
    w, h, y = 0.62 + 0.12 * (s % 3), 0.5 + 0.14 * (s % 2), 1.32
    box(c, x - w / 2, y, w, h, dark(ink.middle, 0.25))
    c.rect(x - w / 2 + 0.05, y + 0.05, w - 0.1, h - 0.1, light(ink.wall, 0.45))
    land = mix(ink.accent, ink.floor, 0.25 * (s % 4))
    c.rect(x - w / 2 + 0.09, y + 0.09, w - 0.18, h - 0.18, mix(ink.sky, ink.wall, 0.35))
    c.polygon(np.array([[x - w / 2 + 0.09, y + 0.09], [x + w / 2 - 0.09, y + 0.09], [x + w / 2 - 0.09, y + 0.2],
                        [x + w * 0.1, y + h * 0.62], [x - w / 2 + 0.09, y + 0.22]]), land)  # fmt: skip
    c.ellipse(x + w * 0.2, y + h * 0.68, 0.05, 0.05, light(ink.accent, 0.5))


def _pictures(c: Canvas, x: float, ink: Inks, s: int) -> None:
    for k, (dx, y, w, h) in enumerate(((-0.27, 1.55, 0.34, 0.42), (0.18, 1.66, 0.3, 0.3), (0.2, 1.22, 0.4, 0.32))):
        box(c, x + dx - w / 2, y, w, h, dark(ink.middle, 0.3))
        paper = (light(ink.accent, 0.35), light(ink.wall, 0.4), mix(ink.accent, ink.middle, 0.5))[(k + s) % 3]
        c.rect(x + dx - w / 2 + 0.04, y + 0.04, w - 0.08, h - 0.08, paper)
        c.ellipse(x + dx, y + h * 0.55, w * 0.18, h * 0.2, dark(paper, 0.35))


def _shelf(c: Canvas, x: float, ink: Inks, s: int) -> None:
    rng, wood = np.random.default_rng(s), dark(ink.middle, 0.15)
    for y in (1.25, 1.78):
        c.rect(x - 0.55, y - 0.05, 1.1, 0.06, wood)
        px = x - 0.5
        while px < x + 0.4:
            w, h, kind = rng.uniform(0.06, 0.14), rng.uniform(0.16, 0.36), int(rng.integers(0, 4))
            colour = (ink.accent, light(ink.wall, 0.4), mix(ink.accent, ink.floor, 0.6), dark(ink.accent, 0.35))[kind]
            if kind == 1:
                c.ellipse(px + 0.08, y + 0.11, 0.08, 0.11, colour)
                w = 0.16
            else:
                c.rect(px, y, w, h, colour)
            px += w + rng.uniform(0.01, 0.1)


def _clock(c: Canvas, x: float, ink: Inks, s: int) -> None:
    c.ellipse(x, 1.78, 0.27, 0.27, dark(ink.middle, 0.35))
    c.ellipse(x, 1.78, 0.22, 0.22, light(ink.wall, 0.65))
    for turn, long in ((s % 12 * 0.524, 0.11), (s % 7 * 0.9, 0.17)):
        c.line(
            np.array([[x, 1.78], [x + np.sin(turn) * long, 1.78 + np.cos(turn) * long]]), dark(ink.middle, 0.7), 0.025
        )


def _mirror(c: Canvas, x: float, ink: Inks, s: int) -> None:
    c.ellipse(x, 1.65, 0.34, 0.46, mix(ink.accent, ink.middle, 0.45))
    c.ellipse(x, 1.65, 0.28, 0.4, mix(light(ink.sky, 0.2), ink.wall, 0.35))
    c.line(np.array([[x - 0.14, 1.55], [x + 0.08, 1.85]]), light(ink.wall, 0.6), 0.04)


def _map(c: Canvas, x: float, ink: Inks, s: int) -> None:
    rng = np.random.default_rng(s)
    box(c, x - 0.5, 1.2, 1.0, 0.75, light(mix(ink.wall, ink.floor, 0.3), 0.45))
    for px, py in rng.uniform([-0.3, 1.35], [0.3, 1.8], (4, 2)):
        c.ellipse(x + px, py, rng.uniform(0.08, 0.17), 0.08, mix(ink.accent, ink.floor, 0.5))
    for k in (-0.5, 0.5):
        c.rect(x + k - 0.03, 1.17, 0.06, 0.82, dark(ink.middle, 0.3))


def _panel(c: Canvas, x: float, ink: Inks, s: int) -> None:
    box(c, x - 0.42, 1.15, 0.84, 0.8, dark(ink.middle, 0.3))
    for k in range(12):
        lamp = light(ink.accent, 0.3) if (k * 7 + s) % 3 == 0 else dark(ink.middle, 0.6)
        c.rect(x - 0.33 + k % 4 * 0.18, 1.27 + k // 4 * 0.2, 0.1, 0.1, lamp)


def _sconce(c: Canvas, x: float, ink: Inks, s: int) -> None:
    c.rect(x - 0.05, 1.5, 0.1, 0.3, dark(ink.middle, 0.45))
    shade = SHADE if ink.night else light(ink.accent, 0.45)
    c.polygon(np.array([[x - 0.2, 1.72], [x + 0.2, 1.72], [x + 0.12, 2.02], [x - 0.12, 2.02]]), shade)


def _signpost(c: Canvas, x: float, ink: Inks, s: int) -> None:
    wood = dark(mix(ink.middle, ink.accent, 0.4), 0.2)
    c.rect(x - 0.06, -0.2, 0.12, 2.3, dark(wood, 0.25))
    for y, d in ((1.72, 1), (1.36, -1)):
        c.polygon(np.array([[x - 0.5 * d, y], [x + 0.45 * d, y], [x + 0.65 * d, y + 0.13], [x + 0.45 * d, y + 0.26],
                            [x - 0.5 * d, y + 0.26]]), light(wood, 0.12 if d > 0 else 0.0))  # fmt: skip


def _boulders(c: Canvas, x: float, ink: Inks, s: int) -> None:
    stone = mix((0.5, 0.46, 0.42), mix(ink.far, ink.floor, 0.5), 0.4)
    for k, (dx, w, h) in enumerate(((0.0, 0.9, 1.5), (0.8, 0.6, 0.8), (-0.7, 0.5, 0.6))):
        outline = [[x + dx - w, -0.2], [x + dx + w, -0.2], [x + dx + w * 0.75, h * 0.7], [x + dx + 0.1, h],
                   [x + dx - w * 0.6, h * 0.8]]  # fmt: skip
        c.polygon(np.array(outline), light(stone, 0.06 * k))


def _haystack(c: Canvas, x: float, ink: Inks, s: int) -> None:
    straw = (0.85, 0.7, 0.36)
    c.blob(np.array([[x - 0.8, -0.2], [x + 0.8, -0.2], [x + 0.65, 0.8], [x, 1.35], [x - 0.65, 0.8]]), straw)
    for k in range(5):
        c.line(np.array([[x - 0.5 + k * 0.25, 0.2], [x - 0.4 + k * 0.2, 0.8]]), dark(straw, 0.14), 0.04)


def _tree(c: Canvas, x: float, ink: Inks, s: int) -> None:
    tree(c, x, -0.2, 3.4 + 0.3 * (s % 3), mix((0.36, 0.52, 0.3), ink.far, 0.35), (0.34, 0.26, 0.2), s)


def _pine(c: Canvas, x: float, ink: Inks, s: int) -> None:
    pine(c, x, -0.2, 3.2 + 0.4 * (s % 3), mix((0.22, 0.38, 0.32), ink.far, 0.3), (0.3, 0.22, 0.18))


THINGS: dict[str, Hung] = {
    "picture": _picture, "pictures": _pictures, "shelf": _shelf, "clock": _clock, "mirror": _mirror, "map": _map,
    "panel": _panel, "sconce": _sconce, "signpost": _signpost, "boulders": _boulders, "haystack": _haystack,
    "tree": _tree, "pine": _pine,
}  # fmt: skip
HUNG: dict[str, tuple[str, ...]] = {
    "kitchen": ("shelf", "clock", "picture"), "bakery": ("shelf", "clock", "sconce"), "library": ("picture", "map"),
    "school": ("map", "clock", "pictures"), "office": ("clock", "map", "picture"), "hospital": ("clock", "picture"),
    "laboratory": ("shelf", "clock", "panel"), "workshop": ("shelf", "clock"), "hotel": ("picture", "mirror", "clock"),
    "spaceship": ("panel",), "submarine": ("panel", "clock"), "hall": ("picture",), "carriage": ("picture", "mirror"),
    "attic": ("pictures", "mirror", "map"), "cafe": ("pictures", "mirror", "shelf"),
    "room": ("picture", "pictures", "shelf", "mirror", "clock"),
}  # fmt: skip
"""Place -> what may hang on either side of whoever stands in the middle."""
UNLIT = ("spaceship", "submarine", "laboratory", "hospital", "school")
"""Places without lamps on the wall."""
STANDS: dict[str, tuple[str, ...]] = {
    "field": ("haystack", "tree", "signpost"), "farm": ("haystack", "tree"), "mountain": ("boulders", "pine"),
    "desert": ("boulders", "signpost"), "snowfield": ("pine", "signpost"), "coast": ("boulders", "signpost"),
    "lake": ("tree", "boulders"), "river": ("tree", "boulders"), "volcano": ("boulders",), "planet": ("boulders",),
    "battlefield": ("boulders", "tree"), "island": ("boulders",), "park": ("tree", "signpost"),
}  # fmt: skip
"""Place -> what may stand in the middle distance, beside the head of whoever is in the middle."""


@dataclass(frozen=True)
class Dressing:
    """What a place is dressed with."""

    layers: list[Layer]
    lamps: list[Lamp]


def dress(kind: str, seed: int, inks: Inks, hour: str, sunlit: bool) -> Dressing:
    """Papers for a place of ``kind``, chosen by the location's ``seed``; ``sunlit``: low sun may fall in."""
    rng = np.random.default_rng([seed % 2**32, 77])
    side = 1.0 if rng.random() < 0.5 else -1.0
    if kind in STANDS:
        thing, x = str(rng.choice(STANDS[kind])), side * float(rng.uniform(1.5, 2.3))
        number = int(rng.integers(0, 1000))
        return Dressing([_layer(thing, 4.5, [(thing, x, number)], inks)], [])
    if kind not in HUNG:
        return Dressing([], [])
    names = [str(name) for name in rng.permutation(HUNG[kind])]
    if kind not in UNLIT:
        names = [names[0], "sconce"]
    xs = (side * float(rng.uniform(0.85, 1.15)), -side * float(rng.uniform(0.8, 1.1)))
    hung = [(name, x, int(rng.integers(0, 1000))) for name, x in zip(names, xs, strict=False)]
    lamps = [Lamp(x, 1.85 + HANG, 3.1, 2.1, GLOW) for name, x, _ in hung if name == "sconce" and inks.night]
    layers = [_layer("hung", 3.15, hung, inks, HANG)]
    if sunlit and hour in SUN and not lamps:
        layers.insert(
            0,
            _sunlight(side * float(rng.uniform(-0.3, 0.5)), SUN[hour], 1.0 if hour in ("afternoon", "dusk") else -1.0),
        )
    if lamps:
        layers.append(_lamplight(lamps))
    return Dressing(layers, lamps)


def _layer(name: str, z: float, things: list[tuple[str, float, int]], inks: Inks, lift: float = 0.0) -> Layer:
    def paint(c: Canvas, t: float) -> None:
        c.view = c.view @ np.array([[1.0, 0, 0], [0, 1.0, lift], [0, 0, 1]])
        for thing, x, number in things:
            THINGS[thing](c, x, inks, number)

    return Layer(name, z, (-8, -1, 8, 6), paint)


def _sunlight(x: float, colour: Colour, lean: float) -> Layer:
    """A window's four panes as the low sun throws them on the wall."""

    def paint(c: Canvas, t: float) -> None:
        for column in (-0.75, 0.03):
            for row in (0.75, 1.6):
                a, b, low = x + column, x + column + 0.72, row
                drop = 0.3 * lean
                pane = [[a, low - drop * column], [b, low - drop * (column + 0.72)],
                        [b, low + 0.78 - drop * (column + 0.72)], [a, low + 0.78 - drop * column]]  # fmt: skip
                c.polygon(np.array(pane), (*colour[:3], 0.34))

    return Layer("sunlight", 3.18, (-3, 0, 3, 4), paint, shadow=0.0)


def _lamplight(lamps: list[Lamp]) -> Layer:
    """The glow of lamps on the wall behind them and on what hangs there."""

    def paint(c: Canvas, t: float) -> None:
        for lamp in lamps:
            halo(c, lamp.x, lamp.y, lamp.reach, lamp.colour, 0.65 * lamp.strength)
            x, y = lamp.x, lamp.y  # the shade again, over its own glow: it is the brightest paper in the room
            c.polygon(
                np.array([[x - 0.2, y - 0.13], [x + 0.2, y - 0.13], [x + 0.12, y + 0.17], [x - 0.12, y + 0.17]]), SHADE
            )

    return Layer("lamplight", 3.1, (-6, -2, 6, 6), paint, shadow=0.0, glow=True)
