"""The soft shadow that paper throws on the paper behind it."""

from __future__ import annotations

import cv2
import numpy as np

from studio.previz.sheet import Sheet, alpha_of, bounds, cut

SHADOW = (5, 6, 0.30)
"""Offset and blur in pixels at 480 lines, and strength."""


def thrown(paper: np.ndarray, matrix: np.ndarray, k: float) -> Sheet | None:
    """The soft shadow of the puppets' paper on whatever is behind them, blurred at a quarter of the size."""
    x, y, w, h = bounds(paper, round(20 * k))
    if not w:
        return None
    alpha = cv2.resize(alpha_of(paper[y : y + h, x : x + w]), (max(1, w // 4), max(1, h // 4)),
                       interpolation=cv2.INTER_AREA)  # fmt: skip
    alpha = cv2.GaussianBlur(alpha, (0, 0), SHADOW[1] * k / 4)
    shade = np.zeros((*alpha.shape, 4), np.uint8)
    shade[..., 3] = cv2.convertScaleAbs(alpha, alpha=SHADOW[2])
    moved = matrix.copy()
    moved[:, 2] += (SHADOW[0] * k - x, SHADOW[0] * k * 0.8 - y)
    return cut(cv2.resize(shade, (w, h)), moved)
