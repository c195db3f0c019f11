"""Where somebody or some place may be: crops of frames and of references, framed alike so that they can be compared.

Figures are found by studio-clip's finder; where it is not installed, a pyramid of windows stands in for it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio.perception.crops import Box, crop, figure_crops, reduced, sheet_box
from studio.repeatable import one_thread

if TYPE_CHECKING:
    from studio.perception.studio_clip import StudioClip

UPPER, WHOLE = 0, 1
"""Framings of a figure: to the chest, and from head to foot."""
WIDE, PART = 0, 1
"""Framings of a place: the whole picture squeezed to a square, and a square window of it."""
PYRAMID = (0.9, 0.6, 0.35)
"""Sides of the pyramid's windows in shares of the frame's height; neighbours overlap by half."""
TALL = 2.4
"""A standing figure's height in sides of the square that frames it to the chest."""
WINDOWS = (1.0, 0.6)
"""Sides of the windows of places in shares of the picture's height."""


def figures(frames: np.ndarray, side: int, finder: Path | None) -> list[np.ndarray]:
    """Per frame ``(figures, 2, side, side, 4)`` uint8: every candidate to the chest and whole; at least one.

    ``finder`` is the file of studio-clip's weights, or None where there are none.
    """
    if finder is None:
        boxes = [pyramid(frame.shape[1] / frame.shape[0]) for frame in frames]
    else:
        boxes = _found(frames, finder)
    small = reduced(frames)
    return [np.stack([figure_crops(f, *box, side=side) for box in each]) for f, each in zip(small, boxes, strict=True)]


def pyramid(aspect: float) -> list[tuple[Box, Box]]:
    """Upper and whole boxes of windows at every scale and place of a frame ``aspect`` times as wide as it is high."""
    boxes: list[tuple[Box, Box]] = []
    for side in PYRAMID:
        columns, rows = (max(1, round((length - side) / (side / 2)) + 1) for length in (aspect, 1.0))
        for x in np.linspace(0, max(0.0, aspect - side), columns):
            for y in np.linspace(0, 1 - side, rows):
                left, top, middle = float(x), float(y), float(x) + side / 2
                whole = (middle - side * TALL / 4, top, middle + side * TALL / 4, top + side * TALL)
                boxes.append(((left, top, left + side, top + side), whole))
    return boxes


@cache
def _model(weights: Path) -> StudioClip:
    from studio.perception.studio_clip import StudioClip

    return StudioClip.load(weights)[0]


def _found(frames: np.ndarray, weights: Path) -> list[list[tuple[Box, Box]]]:
    import torch

    from studio.perception.studio_clip import FRAME, pixels

    model = _model(weights)
    small = np.stack([cv2.resize(frame, FRAME, interpolation=cv2.INTER_AREA) for frame in frames])
    with one_thread(), torch.no_grad():
        boxes: list[list[tuple[Box, Box]]] = model.finder.boxes(model.look(pixels(small))[0])
    return boxes


def sheet(view: str, picture: np.ndarray, side: int) -> tuple[np.ndarray, int]:
    """A character's reference as ``(side, side, 4)``, and its framing: portraits whole, the figure cut out."""
    if view == "full_body":
        return crop(picture, sheet_box(picture), side), WHOLE
    return crop(picture, (0.0, 0.0, picture.shape[1] / picture.shape[0], 1.0), side), UPPER


def parts(picture: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture of a place: ``(n, side, side, 4)`` of the whole of it and of windows, and their framings ``(n,)``."""
    tall, wide = picture.shape[:2]
    aspect = wide / tall
    crops = [squeezed(picture, side)]
    for window in WINDOWS:
        top = (1 - window) / 2
        for x in np.linspace(0, max(0.0, aspect - window), 3):
            crops.append(crop(picture, (float(x), top, float(x) + window, top + window), side))
    return np.stack(crops), np.array([WIDE] + [PART] * (len(crops) - 1))


def squeezed(picture: np.ndarray, side: int) -> np.ndarray:
    """``(side, side, 4)`` of the whole picture."""
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return np.concatenate([small, np.full((side, side, 1), 255, np.uint8)], 2)


def filled(crops: np.ndarray) -> np.ndarray:
    """``(n, s, s, 4)`` -> RGB ``(n, s, s, 3)`` uint8: outside the picture, the mean of what is inside."""
    colour, within = crops[..., :3].astype(np.float32), crops[..., 3:].astype(np.float32) / 255
    mean = (colour * within).sum((1, 2), keepdims=True) / np.maximum(within.sum((1, 2), keepdims=True), 1)
    mixed: np.ndarray = (colour * within + mean * (1 - within)).round().astype(np.uint8)
    return mixed


def inside(crops: np.ndarray) -> np.ndarray:
    """``(n,)``: the share of each crop that lies inside the picture."""
    return (crops[..., 3] / 255.0).mean((1, 2)).astype(np.float32)
