"""Whitens the plain ground that a model drew behind somebody: off-white and grey studio paper become white."""

from __future__ import annotations

import numpy as np

EVEN = 12.0
"""A border whose colours spread (standard deviation, 0…255) more than this is no plain ground: it is left alone."""
NEAR = 14
"""How far (0…255) a colour may be from its neighbour's to still be ground."""
LIGHT = 150.0
"""Ground darker than this was meant to be dark."""


def on_white(picture: np.ndarray) -> np.ndarray:
    """``(h, w, 3)`` uint8 RGB, with the even light ground that touches its border made white."""
    import cv2

    border = np.concatenate([picture[0], picture[:, 0], picture[:, -1]]).astype(np.float32)
    paper = np.median(border, 0)
    if border.std(0).max() > EVEN or paper.min() < LIGHT:
        return picture
    mask = np.zeros((picture.shape[0] + 2, picture.shape[1] + 2), np.uint8)
    flags = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    for corner in ((0, 0), (picture.shape[1] - 1, 0)):
        if np.abs(picture[corner[1], corner[0]].astype(np.float32) - paper).max() <= NEAR:
            cv2.floodFill(np.ascontiguousarray(picture), mask, corner, 0, (NEAR,) * 3, (NEAR,) * 3, flags)
    ground = cv2.GaussianBlur(mask[1:-1, 1:-1], (0, 0), 1.0).astype(np.float32)[..., None] / 255
    mixed: np.ndarray = (picture * (1 - ground) + 255 * ground).round().astype(np.uint8)
    return mixed
