"""Crops of figures: to the chest and whole, framed alike on a reference sheet and in a frame.

Two pictures of one character are compared part by part only when they are framed alike, as in person
re-identification, where a detector crops first (e.g. Zheng et al. 2017). A box is ``(x0, y0, x1, y1)`` in shares of the
picture's height, both axes, so that it means the same at every size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

SIDE = 64
SEEN = (416, 240)
"""Width and height in pixels to which a frame is reduced before figures are cropped from it."""
STRETCH = 2.0
"""A whole figure is stretched to a square, but no more than this."""

Box = tuple[float, float, float, float]


def whole_box(left: float, top: float, right: float, bottom: float) -> Box:
    """The box of a whole figure with a margin, no narrower or flatter than ``STRETCH`` allows."""
    width, height = max(right - left, (bottom - top) / STRETCH), max(bottom - top, (right - left) / STRETCH)
    x, y = (left + right) / 2, (top + bottom) / 2
    return x - width * 0.56, y - height * 0.56, x + width * 0.56, y + height * 0.56


def grown(box: Box, by: float) -> Box:
    """The box about the same centre, ``by`` times as large."""
    x0, y0, x1, y1 = box
    w, h = (x1 - x0) * (by - 1) / 2, (y1 - y0) * (by - 1) / 2
    return x0 - w, y0 - h, x1 + w, y1 + h


def crop(image: np.ndarray, box: Box, side: int = SIDE) -> np.ndarray:
    """``(side, side, 4)`` uint8: the box's RGB, and 255 where it lies inside the picture."""
    tall = image.shape[0]
    x0, y0, x1, y1 = (v * tall for v in box)
    a, b = side / max(x1 - x0, 1e-3), side / max(y1 - y0, 1e-3)
    if min(a, b) < 0.5:  # far larger than wanted: reduced first, because warping samples and does not average
        k = max(0.02, min(1.0, 2 * max(a, b)))
        image = cv2.resize(image, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
        a, b, x0, y0 = a / k, b / k, x0 * k, y0 * k
    matrix = np.array([[a, 0, -x0 * a], [0, b, -y0 * b]])
    inside = np.full((*image.shape[:2], 1), 255, np.uint8)
    warped: np.ndarray = cv2.warpAffine(
        np.concatenate([image, inside], 2), matrix, (side, side), flags=cv2.INTER_LINEAR
    )
    return warped


def sheet_box(sheet: np.ndarray) -> Box:
    """The box of what is drawn on a sheet's plain paper; the whole sheet where nothing stands out."""
    away = np.abs(sheet.astype(np.int16) - np.median(sheet[[0, 0, -1, -1], [0, -1, 0, -1]], 0)).max(2) > 14
    rows, columns = np.flatnonzero(away.any(1)), np.flatnonzero(away.any(0))
    tall, wide = sheet.shape[:2]
    if not len(rows):
        return 0.0, 0.0, wide / tall, 1.0
    return whole_box(columns[0] / tall, rows[0] / tall, (columns[-1] + 1) / tall, (rows[-1] + 1) / tall)


def sheet_crops(sheets: Sequence[np.ndarray], by: float = 1.0, side: int = SIDE) -> np.ndarray:
    """``(3, side, side, 4)`` of the sheets front, three-quarter and full body: two portraits as they are, and the whole
    figure; ``by`` times as much round them."""
    front, three_quarter, full_body = sheets
    portrait = grown((0.0, 0.0, front.shape[1] / front.shape[0], 1.0), by)
    whole = grown(sheet_box(full_body), by)
    return np.stack([crop(front, portrait, side), crop(three_quarter, portrait, side), crop(full_body, whole, side)])


def figure_crops(frame: np.ndarray, upper: Box, whole: Box, by: float = 1.0, side: int = SIDE) -> np.ndarray:
    """``(2, side, side, 4)``: one figure in a frame, to the chest and whole."""
    return np.stack([crop(frame, grown(upper, by), side), crop(frame, grown(whole, by), side)])


def reduced(frames: Any) -> np.ndarray:
    """Frames at ``SEEN``, ``(n, 240, 416, 3)`` uint8."""
    return np.stack([cv2.resize(f, SEEN, interpolation=cv2.INTER_AREA) for f in frames])
