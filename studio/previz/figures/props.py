"""Things: the catalogue's shapes, drawn at the grip of a hand or at the foot that they stand on."""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from typing import Any

import numpy as np

from studio.previz.canvas import Colour, hex_colour
from studio.previz.figures.colours import named
from studio.previz.figures.paper import Scissors
from studio.story.catalogue import entries

Shapes = tuple[tuple[str, Colour, float, np.ndarray], ...]
"""Kind, colour, width of a line, and points ``(n, 2)`` in metres."""
UNTINTED = ("lantern", "torch")
"""What shines has its own colour, whatever its phrase says."""


@cache
def held() -> dict[str, dict[str, Any]]:
    """Every entry of the catalogue that a hand can hold."""
    return {**entries("props"), **{name: entry for name, entry in entries("things").items() if "hold" in entry}}


@lru_cache(maxsize=512)
def find(phrase: str) -> tuple[str, str, Shapes]:
    """Name, hold and shapes of the thing in hand that ``phrase`` names; an unknown thing is a parcel."""
    text = phrase.lower()
    best = (0, "parcel")
    for name, entry in held().items():
        for word in (*entry["words"], *entry.get("near", ())):
            if word in text and re.search(rf"\b{re.escape(word)}(s|es)?\b", text):
                best = max(best, (len(word), name))
    entry = held()[best[1]]
    return best[1], entry["hold"], shapes(entry, "" if best[1] in UNTINTED else phrase)


def shapes(entry: dict[str, Any], phrase: str) -> Shapes:
    """An entry's shapes, its parts taken apart; the paper of its ``tint`` (else the first) takes the colour that
    ``phrase`` names, if any."""
    tint, found = named(phrase), []
    own = entry.get("tint", "")
    for kind, colour, *numbers in (plain for shape in entry["shapes"] for plain in _parts(shape)):
        paint = _paint(colour)
        if tint and (colour == own if own else kind in ("blob", "poly")):
            paint, tint = hex_colour(tint), tint if own else None
        start = 1 if kind == "line" else 0
        points = np.array(numbers[start:], float).reshape(-1, 2)
        found.append((kind, paint, numbers[0] if start else 0.0, points))
    return tuple(found)


def _parts(shape: list[Any]) -> list[list[Any]]:
    """The plain shapes that a part is made of: a box, a pair of legs, a wheel with its spokes."""
    kind, colour, *numbers = shape
    if kind == "box":
        x, y, w, h = numbers
        return [["poly", colour, x, y, x + w, y, x + w, y + h, x, y + h]]
    if kind == "legs":
        x0, x1, high, width = numbers
        return [["line", colour, width, x, width / 2, x, high] for x in (x0, x1)]
    if kind == "wheel":
        x, y, r = numbers
        turns = np.linspace(0, 2 * math.pi, 13)
        rim = [v for a in turns for v in (x + 0.92 * r * math.cos(a), y + 0.92 * r * math.sin(a))]
        spokes = [
            [x + 0.88 * r * k * math.cos(a), y + 0.88 * r * k * math.sin(a)] for a in turns[:6:2] for k in (-1, 1)
        ]
        return [
            *(["line", "#b9b2a4", 0.05 * r, *spokes[n], *spokes[n + 1]] for n in (0, 2, 4)),
            ["line", colour, 0.18 * r, *rim], ["disc", colour, x, y, 0.14 * r, 0.14 * r],
        ]  # fmt: skip
    return [shape]


def extent(shapes_: Shapes) -> tuple[float, float, float, float]:
    """Metres: left, bottom, right and top of what the shapes cover."""
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for kind, _, width, points in shapes_:
        at, reach = (points[:1], points[1]) if kind in ("disc", "glow") else (points, width / 2)
        low, high = np.minimum(low, at.min(0) - reach), np.maximum(high, at.max(0) + reach)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _paint(text: str) -> Colour:
    return hex_colour(text[:7], int(text[7:9], 16) / 255 if len(text) == 9 else 1.0)


def draw(cut: Scissors, shapes: Shapes, x: float, y: float, angle: float, flip: float, scale: float) -> None:
    """Lay the shapes with their grip at (x, y), turned by ``angle`` and mirrored by the sign of ``flip``."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c * flip, s * flip], [-s, c]]) * scale

    def place(p: np.ndarray) -> np.ndarray:
        return p @ turn + (x, y)

    for kind, colour, width, points in shapes:
        if kind in ("disc", "glow"):
            t = np.linspace(0, 2 * np.pi, 12, endpoint=False)
            oval = place(np.stack([np.cos(t), np.sin(t)], 1) * points[1] + points[0])
            if kind == "glow":
                cut.light(oval, colour)
            else:
                cut.flat(oval, colour)
        elif kind == "line":
            cut.stroke(place(points), colour, width * scale)
        else:
            cut.sheet(place(points), colour, 0.5 if kind == "blob" else 0.0, edge=0.6)
