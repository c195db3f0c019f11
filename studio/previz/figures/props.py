"""Things in hand: the catalogue's shapes, drawn at the grip."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np

from studio.previz.canvas import Colour, hex_colour
from studio.previz.figures.colours import named
from studio.previz.figures.paper import Scissors
from studio.story.catalogue import entries


@lru_cache(maxsize=512)
def find(phrase: str) -> tuple[str, str, tuple[Any, ...]]:
    """Name, hold and shapes of the thing that ``phrase`` names; an unknown thing is a parcel."""
    text = phrase.lower()
    best = (0, "parcel")
    for name, entry in entries("props").items():
        for word in entry["words"]:
            if re.search(rf"\b{re.escape(word)}(s|es)?\b", text):
                best = max(best, (len(word), name))
    entry = entries("props")[best[1]]
    tint = named(phrase)
    shapes, tinted = [], False
    for kind, colour, *numbers in entry["shapes"]:
        paint = _paint(colour)
        if tint and not tinted and kind in ("blob", "poly") and best[1] not in ("lantern", "torch"):
            paint, tinted = hex_colour(tint), True
        start = 1 if kind == "line" else 0
        points = np.array(numbers[start:], float).reshape(-1, 2)
        shapes.append((kind, paint, numbers[0] if start else 0.0, points))
    return best[1], entry["hold"], tuple(shapes)


def _paint(text: str) -> Colour:
    return hex_colour(text[:7], int(text[7:9], 16) / 255 if len(text) == 9 else 1.0)


def draw(cut: Scissors, shapes: tuple[Any, ...], x: float, y: float, angle: float, flip: float, scale: float) -> None:
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
