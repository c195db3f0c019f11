"""A rowing boat under those who live on land and are filmed at sea."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from studio.previz.canvas import Canvas, hex_colour
from studio.previz.figure import Shade
from studio.previz.figures.paper import Scissors

WOOD, STRAKE = hex_colour("#8a5638"), hex_colour("#c98d55")
FOAM = hex_colour("#cfe4e6")
ROOM, SIDE, DRAUGHT = 1.15, 0.48, 0.16
"""Metres: from the outermost figure to the boat's end, from the feet to the gunwale, and from the feet to the water."""
RIDDEN = ("walk", "run", "carry", "push", "ride", "climb", "dance")
"""Activities that nobody does in a small boat: there they stand, and the boat goes where they would have gone."""


def draw_boat(canvas: Canvas, shade: Shade, xs: Sequence[float], ahead: bool) -> None:
    """Lay the boat's near side over whoever stands at ``xs`` (metres); ``ahead`` says that its bow points right.

    Heights are over the feet of those in it."""
    stern, bow = min(xs) - ROOM, max(xs) + ROOM * 1.3
    hull = np.array(
        [[stern, SIDE * 1.1], [(stern + bow) / 2, SIDE * 0.82], [bow, SIDE * 1.45],
         [bow - 0.6, -DRAUGHT], [(stern + bow) / 2, -DRAUGHT - 0.05], [stern + 0.35, -DRAUGHT]]
    )  # fmt: skip
    rail = hull[[0, 1, 2]]
    if not ahead:
        middle = (min(xs) + max(xs)) / 2
        hull[:, 0], rail[:, 0] = 2 * middle - hull[:, 0], 2 * middle - rail[:, 0]
    cut = Scissors(canvas, shade, 0.3)
    cut.sheet(hull, WOOD, 0.18)
    for n, reach in enumerate((0.1, 0.5)):  # where the hull parts the water
        foam = np.array([[stern - reach, -DRAUGHT - 0.08 * n], [bow + reach * 0.5 - 0.3, -DRAUGHT - 0.08 * n]])
        canvas.line(foam, (*shade(FOAM)[:3], 0.55), 0.025)
    canvas.line(rail - [0.0, 0.06], shade(STRAKE), 0.09, smooth=True)
