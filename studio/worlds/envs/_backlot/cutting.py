"""Cutting paper at 128 pixels a frame: shapes are cut eight times too large and shrunk, edges stay crisp.

Pictures are packed as one uint32 a pixel (red lowest), so that laying a sprite on the frame is two whole-array
operations: ``frame & keep | ink``. Shadows are the third: a quarter of what lies beneath is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FINE = 8
OPAQUE = np.uint32(0xFFFFFFFF)
_QUARTER = np.uint32(0x3F3F3F)
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Cutout:
    """A picture ready to lay: ``ink`` and ``keep`` (what stays of the frame), ``shade`` (its shadow), all [h, w]."""

    ink: np.ndarray
    keep: np.ndarray
    shade: np.ndarray


class Sheet:
    """A small RGBA sheet of which pieces are cut; coordinates are pixels of the frame, fractions welcome."""

    def __init__(self, width: int, height: int) -> None:
        self.fine = np.zeros((height * FINE, width * FINE, 4), np.uint8)

    @staticmethod
    def _points(points: list[tuple[float, float]]) -> np.ndarray:
        return np.round(np.array(points) * FINE).astype(np.int32)

    def polygon(self, colour: Colour, *points: tuple[float, float]) -> None:
        cv2.fillPoly(self.fine, [self._points(list(points))], (*colour, 255))

    def disc(self, colour: Colour, x: float, y: float, rx: float, ry: float | None = None) -> None:
        axes = (round(rx * FINE), round((rx if ry is None else ry) * FINE))
        cv2.ellipse(self.fine, (round(x * FINE), round(y * FINE)), axes, 0, 0, 360, (*colour, 255), -1)

    def bar(self, colour: Colour, x0: float, y0: float, x1: float, y1: float, thick: float) -> None:
        ends = self._points([(x0, y0), (x1, y1)])
        a, b = (int(ends[0][0]), int(ends[0][1])), (int(ends[1][0]), int(ends[1][1]))
        cv2.line(self.fine, a, b, (*colour, 255), round(thick * FINE))

    def box(self, colour: Colour, x0: float, y0: float, x1: float, y1: float) -> None:
        cv2.rectangle(
            self.fine,
            (round(x0 * FINE), round(y0 * FINE)),
            (round(x1 * FINE) - 1, round(y1 * FINE) - 1),
            (*colour, 255),
            -1,
        )

    def small(self) -> np.ndarray:
        """The sheet at the frame's size: RGBA, with alpha 0 or 255."""
        alpha = self.fine[..., 3:].astype(np.float32) / 255
        area = (self.fine.shape[1] // FINE, self.fine.shape[0] // FINE)
        ink = cv2.resize(self.fine[..., :3].astype(np.float32) * alpha, area, interpolation=cv2.INTER_AREA)
        cover = cv2.resize(alpha, area, interpolation=cv2.INTER_AREA)[..., None]
        colour = np.clip(np.round(ink / np.maximum(cover, 1e-6)), 0, 255)
        return np.concatenate([colour, np.where(cover >= 0.5, 255, 0)], -1).astype(np.uint8)


def packed(rgba: np.ndarray) -> np.ndarray:
    """uint32 a pixel, the alpha byte 0."""
    rgbx = np.ascontiguousarray(rgba)
    rgbx[..., 3] = 0
    return rgbx.view(np.uint32)[..., 0]


def cutout(rgba: np.ndarray, shadow: int = 1) -> Cutout:
    """RGBA (alpha 0 or 255) as a Cutout whose shadow falls ``shadow`` pixels right and down, within its own box."""
    mask = rgba[..., 3] > 0
    ink = packed(np.where(mask[..., None], rgba, 0))
    fallen = np.zeros_like(mask)
    if shadow:
        fallen[shadow:, shadow:] = mask[:-shadow, :-shadow]
    zero = np.uint32(0)
    return Cutout(ink, np.where(mask, zero, OPAQUE), np.where(fallen & ~mask, _QUARTER, zero))


def lay(frame: np.ndarray, piece: Cutout, x: int, y: int) -> None:
    """Lay ``piece`` with its left top at (x, y), as far as it is inside the frame."""
    height, width = piece.ink.shape
    left, top, right, bottom = max(0, -x), max(0, -y), min(width, frame.shape[1] - x), min(height, frame.shape[0] - y)
    if left >= right or top >= bottom:
        return
    under = frame[y + top : y + bottom, x + left : x + right]
    part = (slice(top, bottom), slice(left, right))
    blend(under, piece.ink[part], piece.keep[part], piece.shade[part])


def blend(under: np.ndarray, ink: np.ndarray, keep: np.ndarray, shade: np.ndarray) -> None:
    """Shadow, then picture, onto ``under`` in place."""
    under -= (under >> 2) & shade
    under &= keep
    under |= ink


def mirrored(rgba: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(rgba[:, ::-1])


def mixed(a: Colour, b: Colour, share: float) -> Colour:
    """``share`` of ``b`` in ``a``."""
    return tuple(round(p + (q - p) * share) for p, q in zip(a, b, strict=True))  # type: ignore[return-value]
