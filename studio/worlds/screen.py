"""A game's small picture in the film's frame: sharp pixels, nothing cut away unless asked, and back again."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

GLOW = 0.16
"""Light of the bars beside the picture, as a share of the picture's own: a screen in a dark room."""


@dataclass(frozen=True)
class Screen:
    """Where a picture of ``source`` (height, width) stands in a frame of ``frame`` (height, width), in pixels."""

    source: tuple[int, int]
    frame: tuple[int, int]
    height: int
    width: int

    @classmethod
    def place(cls, source: tuple[int, int], frame: tuple[int, int], fill: bool = False) -> Screen:
        """As large as it can be; ``fill``: over the whole frame, its edges cut away."""
        scales = (frame[0] / source[0], frame[1] / source[1])
        scale = max(scales) if fill else min(scales)
        return cls(source, frame, max(1, round(source[0] * scale)), max(1, round(source[1] * scale)))

    @property
    def corner(self) -> tuple[int, int]:
        """Top and left of the picture in the frame; negative where it is cut away."""
        return (self.frame[0] - self.height) // 2, (self.frame[1] - self.width) // 2

    def show(self, picture: np.ndarray) -> np.ndarray:
        """uint8 [h, w, 3] to the film's frame, uint8 [H, W, 3]."""
        large = enlarged(picture, self.height, self.width)
        (top, left), (height, width) = self.corner, self.frame
        if top <= 0 and left <= 0:
            return np.ascontiguousarray(large[-top : height - top, -left : width - left])
        out = self._glow(picture)
        y, x = max(0, top), max(0, left)
        part = large[max(0, -top) : max(0, -top) + height, max(0, -left) : max(0, -left) + width]
        out[y : y + part.shape[0], x : x + part.shape[1]] = part
        return out

    def _glow(self, picture: np.ndarray) -> np.ndarray:
        """What the picture's light leaves on the dark beside it: its edges, soft, falling off outwards."""
        (height, width), (top, left) = self.frame, self.corner
        coarse = cv2.resize(picture, (8, 6), interpolation=cv2.INTER_AREA).astype(np.float32)
        light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        rows, columns = np.arange(height)[:, None], np.arange(width)[None]
        away = np.maximum(
            np.maximum(top - rows, rows - (top + self.height - 1)) / max(1, top),
            np.maximum(left - columns, columns - (left + self.width - 1)) / max(1, left),
        )
        fall = GLOW * np.square(1 - np.clip(away, 0, 1))
        return np.clip(light * fall[..., None], 0, 255).astype(np.uint8)

    def read(self, image: Image.Image) -> np.ndarray:
        """The picture in a frame that ``show`` made; of any other image its middle. uint8 [h, w, 3]."""
        from PIL import ImageOps

        height, width = self.source
        if image.size == self.frame[::-1]:
            top, left = (max(0, side) for side in self.corner)
            image = image.crop((left, top, image.width - left, image.height - top))
        return np.array(ImageOps.fit(image, (width, height), Image.Resampling.BOX))


def enlarged(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 [h, w, 3] at another size with its pixels as sharp as they can be: enlarged by whole numbers, then brought
    to size by the mean of what falls on each pixel."""
    whole = max(1, -(-height // picture.shape[0]), -(-width // picture.shape[1]))
    large = picture.repeat(whole, 0).repeat(whole, 1)
    if large.shape[:2] == (height, width):
        return large
    return np.asarray(cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA))
