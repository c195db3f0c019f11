"""What can be seen in a frame of Backlot without knowing its state: where the performer is."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from studio.worlds.envs._backlot import sprites
from studio.worlds.envs._backlot.constants import HEIGHT, WIDTH

SIZE = HEIGHT, WIDTH
MARGIN = 8
"""Columns at either side that are not searched: the camera keeps the performer between 40 and 64 pixels from the left,
or nearer to the ends of a level."""


@cache
def _templates() -> list[tuple[np.ndarray, np.ndarray]]:
    """(picture, mask) of every pose, float32 [h, w, 3]."""
    found = []
    for pieces in sprites.performer().values():
        for piece in (pieces[0], pieces[1]):
            height, width = piece.ink.shape
            picture = piece.ink.view(np.uint8).reshape(height, width, 4)[..., :3].astype(np.float32)
            mask = np.repeat((piece.keep == 0)[..., None], 3, 2).astype(np.float32)
            found.append((picture, mask))
    return found


def performer(frame: np.ndarray) -> tuple[float, int, int]:
    """(error, left, top) of the place in ``frame`` (uint8 [96, 128, 3]) that looks most like the performer in any pose;
    the error is the root mean square over the figure, in levels of 255."""
    searched, best = frame[:, MARGIN : WIDTH - MARGIN].astype(np.float32), (float("inf"), 0, 0)
    for picture, mask in _templates():
        errors = cv2.matchTemplate(searched, picture, cv2.TM_SQDIFF, mask=mask)
        at = int(np.argmin(errors))
        error = float(np.sqrt(max(0.0, errors.flat[at]) / mask.sum()))
        if error < best[0]:
            best = error, at % errors.shape[1] + MARGIN, at // errors.shape[1]
    return best
