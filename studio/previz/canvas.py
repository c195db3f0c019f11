"""A sheet to cut paper on: vector shapes in, premultiplied RGBA pixels out (ThorVG underneath)."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import thorvg_python as tvg
from thorvg_python.base import ColorStop, PaintPointer, PathCommand, StrokeCap, StrokeJoin

Colour = tuple[float, float, float] | tuple[float, float, float, float]
"""sRGB, each 0…1, with optional alpha."""


@lru_cache(maxsize=1)
def _engine() -> tvg.Engine:
    return tvg.Engine()


def hex_colour(text: str, alpha: float = 1.0) -> Colour:
    """``#rrggbb`` -> Colour."""
    return (int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255, alpha)


def mix(a: Sequence[float], b: Sequence[float], share: float) -> Colour:
    """``a`` moved towards ``b`` by ``share`` (0…1); keeps the alpha of ``a``."""
    r, g, blue = (a[i] + (b[i] - a[i]) * share for i in range(3))
    return (r, g, blue, a[3] if len(a) > 3 else 1.0)


def _bytes(colour: Sequence[float]) -> tuple[int, int, int, int]:
    alpha = colour[3] if len(colour) > 3 else 1.0
    r, g, b, a = (max(0, min(255, round(c * 255))) for c in (*colour[:3], alpha))
    return r, g, b, a


@lru_cache(maxsize=256)
def _verbs(commands: tuple[PathCommand, ...]) -> ctypes.Array[ctypes.c_uint8]:
    return (ctypes.c_uint8 * len(commands))(*commands)


def _append(paint: object, verbs: ctypes.Array[ctypes.c_uint8], verb_count: int, points: int, count: int) -> None:
    lib = _engine().thorvg_lib
    lib.tvg_shape_append_path.argtypes = [
        PaintPointer,
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_void_p,
        ctypes.c_uint32,
    ]
    lib.tvg_shape_append_path(paint, verbs, verb_count, points, count)


class Gradient:
    """A fill that changes along a line (two points) or from a centre (point and radius), in pixels."""

    def __init__(
        self, stops: Sequence[tuple[float, Colour]], line: tuple[float, ...] = (), disc: tuple[float, ...] = ()
    ):
        self.stops, self.line, self.disc = stops, line, disc

    def build(self) -> tvg.Gradient:
        if self.line:
            fill: tvg.Gradient = tvg.LinearGradient(_engine())
            fill.set(*self.line)
        else:
            cx, cy, r = self.disc
            fill = tvg.RadialGradient(_engine())
            fill.set(cx, cy, r, cx, cy, 0)
        fill.set_color_stops([ColorStop(offset, *_bytes(c)) for offset, c in self.stops])
        return fill


Fill = Colour | Gradient


class Canvas:
    """Width × height pixels, transparent at first. Points are ``(n, 2)`` arrays in metres or any unit:
    ``view`` (2×3 affine, default identity) takes them to pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._canvas = tvg.SwCanvas(_engine())
        self._canvas.set_target(width, height)
        self.view = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

    def _pixels(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        return points @ self.view[:, :2].T + self.view[:, 2]

    @property
    def scale(self) -> float:
        """Pixels per unit of ``view``."""
        return float(np.sqrt(abs(np.linalg.det(self.view[:, :2]))))

    def polygon(self, points: np.ndarray, fill: Fill | None, stroke: Colour | None = None, width: float = 0) -> None:
        """A closed shape with straight edges. ``width`` of the stroke is in units of ``view``."""
        p = self._pixels(points)
        commands = [PathCommand.MOVE_TO] + [PathCommand.LINE_TO] * (len(p) - 1) + [PathCommand.CLOSE]
        self._paint(commands, p, fill, stroke, width)

    def blob(
        self,
        points: np.ndarray,
        fill: Fill | None,
        stroke: Colour | None = None,
        width: float = 0,
        tension: float = 0.5,
    ) -> None:
        """A closed smooth shape through the points (Catmull-Rom as Béziers; tension 0 is straight, 0.5 round)."""
        p = self._pixels(points)
        ring = np.concatenate([p[-1:], p, p[:1], p[1:2] if len(p) > 1 else p[:1]])
        before, after, after2 = ring[:-3], ring[2:-1], ring[3:]
        k = tension / 3
        curve = np.stack([p + (after - before) * k, after - (after2 - p) * k, after], 1).reshape(-1, 2)
        commands = [PathCommand.MOVE_TO] + [PathCommand.CUBIC_TO] * len(p) + [PathCommand.CLOSE]
        self._paint(commands, np.vstack([p[:1], curve]), fill, stroke, width)

    def line(self, points: np.ndarray, colour: Colour, width: float, smooth: bool = False) -> None:
        """An open stroke with round ends; ``width`` in units of ``view``."""
        p = self._pixels(points)
        if smooth and len(p) > 2:
            ends = np.vstack([p[:1], p, p[-1:]])
            k = 0.5 / 3
            curve = np.stack([p[:-1] + (p[1:] - ends[:-3]) * k, p[1:] - (ends[3:] - p[:-1]) * k, p[1:]], 1).reshape(
                -1, 2
            )
            commands = [PathCommand.MOVE_TO] + [PathCommand.CUBIC_TO] * (len(p) - 1)
            self._paint(commands, np.vstack([p[:1], curve]), None, colour, width)
        else:
            self._paint([PathCommand.MOVE_TO] + [PathCommand.LINE_TO] * (len(p) - 1), p, None, colour, width)

    def ellipse(
        self, cx: float, cy: float, rx: float, ry: float, fill: Fill | None, stroke: Colour | None = None,
        width: float = 0, angle: float = 0.0,
    ) -> None:  # fmt: skip
        """An ellipse, turned by ``angle`` radians."""
        turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        x, y = rx * np.cos(turn), ry * np.sin(turn)
        c, s = np.cos(angle), np.sin(angle)
        self.blob(np.stack([cx + x * c - y * s, cy + x * s + y * c], 1), fill, stroke, width, tension=1.025 * 0.5)

    def rect(self, x: float, y: float, w: float, h: float, fill: Fill | None, stroke: Colour | None = None,
             width: float = 0) -> None:  # fmt: skip
        """An axis-parallel rectangle in the units of ``view``."""
        self.polygon(np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), fill, stroke, width)

    def _paint(self, commands: list[PathCommand], p: np.ndarray, fill: Fill | None, stroke: Colour | None,
               width: float) -> None:  # fmt: skip
        shape = tvg.Shape(_engine())
        flat = np.ascontiguousarray(p, dtype=np.float32)
        # The binding's own append_path copies every point in Python; the call below hands the buffers over.
        _append(shape._paint, _verbs(tuple(commands)), len(commands), flat.ctypes.data, len(flat))
        if isinstance(fill, Gradient):
            shape.set_gradient(fill.build())
        elif fill is not None:
            shape.set_fill_color(*_bytes(fill))
        if stroke is not None and width > 0:
            shape.set_stroke_color(*_bytes(stroke))
            shape.set_stroke_width(max(0.3, width * self.scale))
            shape.set_stroke_join(StrokeJoin.ROUND)
            shape.set_stroke_cap(StrokeCap.ROUND)
        self._canvas.add(shape)

    def pixels(self) -> np.ndarray:
        """Draw what was added; ``(height, width, 4)`` uint8 RGBA, premultiplied. The canvas is done after this."""
        self._canvas.draw(True)
        self._canvas.sync()
        data = ctypes.string_at(ctypes.addressof(self._canvas.buffer_arr), self.width * self.height * 4)
        self._canvas.remove(None)
        return np.frombuffer(data, np.uint8).reshape(self.height, self.width, 4).copy()
