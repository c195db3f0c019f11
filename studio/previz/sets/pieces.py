"""Set pieces: the things that a location's look names, standing beside the middle of the stage.

A small thing, one that a hand could hold, rests on a stool; a long one stands on its own end.
"""

from __future__ import annotations

import re
from typing import Any

from studio.previz.canvas import Canvas, Colour
from studio.previz.figure import Shade
from studio.previz.figures.paper import Scissors
from studio.previz.figures.props import Shapes, draw, extent, shapes
from studio.previz.sets.paper import Painter, halo
from studio.previz.stageset import Layer
from studio.story.catalogue import entries

Parts = list[tuple[Shapes, float, float, float]]
"""Shapes, x, y and scale of what makes a piece, back to front."""
DEPTH = 0.7
"""Metres behind the actors."""
CLEAR, AFLOAT, GAP = 0.75, 2.3, 0.3
"""Metres: from the middle of the stage, or from that of the actors' boat, to the nearest piece, and between pieces."""
LARGER = 1.35
"""Scale of what would lie in a hand: on its own it must be seen from the stalls."""
LONG = 0.75
"""Metres from which such a thing stands on the floor instead of on a stool."""
EDGE = 0.25
"""Metres, like a head's radius: the width of a piece's lit edge goes with it."""
WARM: Colour = (1.0, 0.78, 0.42)


def named_pieces(look: dict[str, str]) -> list[tuple[str, str]]:
    """(kind, phrase) of the things among a location's features, always in the same order."""
    pairs = ((re.sub(r"-\d+$", "", key), phrase) for key, phrase in sorted(look.items()))
    return [(kind, phrase) for kind, phrase in pairs if kind in entries("things") or kind in entries("props")]


def pieces(look: dict[str, str], medium: str, waterline: float | None, tint: Colour, share: float) -> list[Layer]:
    """The papers of what ``look`` names, left and right by turns; their colours lean to ``tint`` by ``share``."""
    layers: list[Layer] = []
    floor, clear = _foot(medium, waterline), CLEAR if waterline is None else AFLOAT
    ends = {1.0: clear, -1.0: clear}
    shade = Shade(ambient=tint, amount=share)
    for n, (kind, phrase) in enumerate(named_pieces(look)):
        parts = _standing(kind, phrase)
        boxes = [_moved(extent(s), x, y, k) for s, x, y, k in parts]
        left, right, top = min(b[0] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
        side = 1.0 if n % 2 == 0 else -1.0
        x = side * ends[side] - (left if side > 0 else right)
        ends[side] += right - left + GAP
        rect = (x + left - 0.3, floor - 0.2, x + right + 0.3, floor + top + 0.3)
        z = DEPTH + 0.12 * (n // 2)
        layers.append(Layer(f"piece-{kind}", z, rect, _paint(parts, x, floor, (left, right), shade)))
        if any(what == "glow" for thing, *_ in parts for what, *_ in thing):
            layers.append(Layer(f"glow-{kind}", z, rect, _glow(parts, x, floor), shadow=0.0, glow=True))
    return layers


def _standing(kind: str, phrase: str) -> Parts:
    if kind in entries("things") and "hold" not in entries("things")[kind]:
        return [(shapes(entries("things")[kind], phrase), 0.0, 0.0, 1.0)]
    entry: dict[str, Any] = {**entries("props"), **entries("things")}[kind]
    thing = shapes(entry, phrase)
    _, low, _, high = extent(thing)
    if high - low > LONG:
        return [(thing, 0.0, -low, 1.0)]
    stool = shapes(entries("things")["stool"], "")
    return [(stool, 0.0, 0.0, 1.0), (thing, 0.0, extent(stool)[3] - 0.02 - low * LARGER, LARGER)]


def _moved(box: tuple[float, float, float, float], x: float, y: float, k: float) -> tuple[float, float, float, float]:
    return box[0] * k + x, box[1] * k + y, box[2] * k + x, box[3] * k + y


def _paint(parts: Parts, x: float, floor: float, width: tuple[float, float], shade: Shade) -> Painter:
    left, right = width

    def paint(c: Canvas, t: float) -> None:
        if floor <= 0:  # what floats throws no shadow on a floor
            c.ellipse(x + (left + right) / 2, floor, 0.54 * (right - left), 0.05, (0.05, 0.05, 0.12, 0.3))
        for thing, dx, dy, scale in parts:
            draw(Scissors(c, shade, EDGE), thing, x + dx, floor + dy, 0.0, 1.0, scale)

    return paint


def _glow(parts: Parts, x: float, floor: float) -> Painter:
    """What shines, and the warm air round it: light that the hour does not darken."""

    def paint(c: Canvas, t: float) -> None:
        for thing, dx, dy, scale in parts:
            shining = tuple(shape for shape in thing if shape[0] == "glow")
            for _, _, _, points in shining:
                at = points[0] * scale + (x + dx, floor + dy)
                halo(c, float(at[0]), float(at[1]), 2.2 * float(points[1].max()) * scale + 0.25, WARM, 0.4)
            draw(Scissors(c, Shade(), EDGE), shining, x + dx, floor + dy, 0.0, 1.0, scale)

    return paint


def _foot(medium: str, waterline: float | None) -> float:
    """Metres over the floor at which things stand in a set: they float on open water and where nothing falls."""
    if waterline is not None:
        return waterline - 0.12
    return 0.6 if medium in ("space", "air") else 0.0
