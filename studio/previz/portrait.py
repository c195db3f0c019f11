"""Framing of reference sheets: the square, in metres, that shows a figure to the chest or whole."""

from __future__ import annotations

import cv2
import numpy as np

from studio.previz.canvas import Canvas
from studio.previz.figure import Figure, Moment, Shade

SIDE = 512
"""Pixels of a sheet."""
Square = tuple[float, float, float]
"""Left, top and side in metres, y up."""


def portrait(figure: Figure, moment: Moment) -> Square:
    """From the chest to the highest point; a bust stands on the lower edge, so that nobody is cut off in the air."""
    marks = figure.marks(moment)
    x, y, r = marks.head
    left, right, _, top = _extent(figure, moment, (x - 2 * r, y - 0.6 * r))
    side = max(top - marks.chest, right - left, 0.05) / 0.88
    return (left + right) / 2 - side / 2, marks.chest + side, side


def whole(figure: Figure, moment: Moment) -> Square:
    """All that is drawn, with a margin."""
    left, right, low, top = _extent(figure, moment)
    side = max(top - low, right - left, 0.05) / 0.88
    return (left + right) / 2 - side / 2, low + 0.94 * side, side


def _extent(figure: Figure, moment: Moment, corner: tuple[float, float] = (-1e9, -1e9)) -> tuple[float, ...]:
    """Left, right, lowest and highest point in metres of all that is drawn right of and higher than ``corner``.

    Measured from pixels: a figure's marks know its body, but not its horns, wings, ears and hats.
    """
    marks = figure.marks(moment)
    reach = 2.5 * max(marks.top, marks.right - marks.left, figure.width)
    scale = SIDE / (2 * reach)
    canvas = Canvas(SIDE, SIDE)
    x0, y0 = (marks.left + marks.right) / 2 - reach, marks.top / 2 - reach
    canvas.view = np.array([[scale, 0, -x0 * scale], [0, -scale, SIDE + y0 * scale]])
    figure.draw(canvas, moment, Shade())
    alpha = cv2.extractChannel(canvas.pixels(), 3)
    alpha[max(0, int(SIDE - max(0.0, corner[1] - y0) * scale)) :] = 0
    alpha[:, : int(max(0.0, corner[0] - x0) * scale)] = 0  # a four-legged body may run out of a portrait, as chests do
    x, y, w, h = cv2.boundingRect(alpha)
    return x0 + x / scale, x0 + (x + w) / scale, y0 + (SIDE - y - h) / scale, y0 + (SIDE - y) / scale
