"""A sheet to cut paper on: vector shapes in, premultiplied RGBA pixels out (ThorVG underneath)."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import thorvg_python as tvg
from thorvg_python.base import CanvasPointer, ColorStop, PaintPointer, PathCommand, StrokeCap, StrokeJoin

Colour = tuple[float, float, float] | tuple[float, float, float, float]
"""sRGB, each 0…1, with optional alpha."""


@lru_cache(maxsize=1)
def _engine() -> tvg.Engine:
    """ThorVG, with its memory for the edges of a shape grown once for all that will be drawn.

    While that memory grows, some long strokes get lost: without this, pixels depended on what the process had drawn
    before."""
    engine = tvg.Engine()
    canvas, zigzag = tvg.SwCanvas(engine), tvg.Shape(engine)
    canvas.set_target(4000, 256)
    zigzag.move_to(0, 0)
    for n in range(1, 100):
        zigzag.line_to(n % 2 * 4000, n * 256 / 99)
    zigzag.set_fill_color(0, 0, 0, 255)
    canvas.add(zigzag)
    canvas.draw(True)
    canvas.sync()
    canvas.remove(None)
    return engine


def hex_colour(text: str, alpha: float = 1.0) -> Colour:
    """``#rrggbb`` -> Colour."""
    return (int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255, alpha)


def mix(a: Sequence[float], b: Sequence[float], share: float) -> Colour:
    """``a`` moved towards ``b`` by ``share`` (0…1); keeps the alpha of ``a``."""
    r, g, blue = (a[i] + (b[i] - a[i]) * share for i in range(3))
    return (r, g, blue, a[3] if len(a) > 3 else 1.0)


@lru_cache(maxsize=4096)
def _bytes(colour: Colour) -> tuple[int, int, int, int]:
    alpha = colour[3] if len(colour) > 3 else 1.0
    r, g, b, a = (max(0, min(255, round(c * 255))) for c in (*colour[:3], alpha))
    return r, g, b, a


@lru_cache(maxsize=1)
def _calls() -> tuple[Callable[..., Any], ...]:
    """``tvg_shape_new``, ``tvg_shape_append_path``, ``tvg_shape_set_fill_color``, ``tvg_canvas_add``: prototypes of our
    own, made once. The binding declares types at each call, and copies a path point by point: half of a shape's time.
    """
    lib, byte, count, at = _engine().thorvg_lib, ctypes.c_uint8, ctypes.c_uint32, ctypes.c_void_p
    return (
        ctypes.CFUNCTYPE(PaintPointer)(("tvg_shape_new", lib)),
        ctypes.CFUNCTYPE(count, PaintPointer, at, count, at, count)(("tvg_shape_append_path", lib)),
        ctypes.CFUNCTYPE(count, PaintPointer, byte, byte, byte, byte)(("tvg_shape_set_fill_color", lib)),
        ctypes.CFUNCTYPE(count, CanvasPointer, PaintPointer)(("tvg_canvas_add", lib)),
    )


@lru_cache(maxsize=512)
def _verbs(verb: PathCommand, count: int, closed: bool) -> bytes:
    """A path's commands: a move, then ``count`` times the verb."""
    return bytes([PathCommand.MOVE_TO, *[verb] * count, *[PathCommand.CLOSE] * closed])


@lru_cache(maxsize=512)
def _smoothing(count: int, tension: float, closed: bool) -> np.ndarray:
    """Points ``(count, 2)`` to those of Béziers through them, start first: Catmull-Rom as one matrix."""
    one, k = np.eye(count), tension / 3
    if closed:
        before, after, after2 = np.roll(one, 1, 0), np.roll(one, -1, 0), np.roll(one, -2, 0)
        here = one
    else:
        ends = np.vstack([one[:1], one, one[-1:]])
        here, before, after, after2 = one[:-1], ends[:-3], one[1:], ends[3:]
    legs = np.stack([here + (after - before) * k, after - (after2 - here) * k, after], 1)
    return np.vstack([one[:1], legs.reshape(-1, count)])


_TURN = np.linspace(0, 2 * np.pi, 12, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], 1)


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
        (a, b, _), (c, d, _) = self.view.tolist()
        return math.sqrt(abs(a * d - b * c))

    def polygon(self, points: np.ndarray, fill: Fill | None, stroke: Colour | None = None, width: float = 0) -> None:
        """A closed shape with straight edges. ``width`` of the stroke is in units of ``view``."""
        p = self._pixels(points)
        self._paint(_verbs(PathCommand.LINE_TO, len(p) - 1, True), p, fill, stroke, width)

    def polygons(self, shapes: np.ndarray, fills: Sequence[Fill]) -> None:
        """Closed shapes ``(count, corners, 2)``, each with its fill: ``polygon`` for many small ones, in a third of
        its time."""
        count, corners = shapes.shape[:2]
        verbs = _verbs(PathCommand.LINE_TO, corners - 1, True)
        for p, fill in zip(self._pixels(shapes).reshape(count, corners, 2), fills, strict=True):
            self._paint(verbs, p, fill, None, 0)

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
        path = _smoothing(len(p), tension, True) @ p
        self._paint(_verbs(PathCommand.CUBIC_TO, len(p), True), path, fill, stroke, width)

    def blobs(self, shapes: np.ndarray, fill: Fill, tension: float = 0.5) -> None:
        """Closed smooth shapes ``(count, points, 2)`` of one fill, drawn as one: ``blob`` for many small ones, in a
        tenth of its time."""
        count, corners = shapes.shape[:2]
        if count:
            paths = _smoothing(corners, tension, True) @ self._pixels(shapes).reshape(count, corners, 2)
            self._paint(_verbs(PathCommand.CUBIC_TO, corners, True) * count, paths.reshape(-1, 2), fill, None, 0)

    def line(self, points: np.ndarray, colour: Colour, width: float, smooth: bool = False) -> None:
        """An open stroke with round ends; ``width`` in units of ``view``."""
        p = self._pixels(points)
        if smooth and len(p) > 2:
            path = _smoothing(len(p), 0.5, False) @ p
            self._paint(_verbs(PathCommand.CUBIC_TO, len(p) - 1, False), path, None, colour, width)
        else:
            self._paint(_verbs(PathCommand.LINE_TO, len(p) - 1, False), p, None, colour, width)

    def ellipse(
        self, cx: float, cy: float, rx: float, ry: float, fill: Fill | None, stroke: Colour | None = None,
        width: float = 0, angle: float = 0.0,
    ) -> None:  # fmt: skip
        """An ellipse, turned by ``angle`` radians."""
        c, s = math.cos(angle), math.sin(angle)
        turned = np.array([[rx * c, rx * s], [-ry * s, ry * c]])
        self.blob(_CIRCLE @ turned + (cx, cy), fill, stroke, width, tension=1.025 * 0.5)

    def rect(self, x: float, y: float, w: float, h: float, fill: Fill | None, stroke: Colour | None = None,
             width: float = 0) -> None:  # fmt: skip
        """An axis-parallel rectangle in the units of ``view``."""
        self.polygon(np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), fill, stroke, width)

    def _paint(self, verbs: bytes, p: np.ndarray, fill: Fill | None, stroke: Colour | None, width: float) -> None:
        new, append, colour, add = _calls()
        paint = new()
        append(paint, verbs, len(verbs), p.astype(np.float32).tobytes(), len(p))
        if isinstance(fill, Gradient):
            tvg.Shape(_engine(), paint).set_gradient(fill.build())
        elif fill is not None:
            colour(paint, *_bytes(fill))
        if stroke is not None and width > 0:
            shape = tvg.Shape(_engine(), paint)
            shape.set_stroke_color(*_bytes(stroke))
            shape.set_stroke_width(max(0.3, width * self.scale))
            shape.set_stroke_join(StrokeJoin.ROUND)
            shape.set_stroke_cap(StrokeCap.ROUND)
        add(self._canvas._canvas, paint)

    def pixels(self) -> np.ndarray:
        """Draw what was added; ``(height, width, 4)`` uint8 RGBA, premultiplied. The canvas is done after this."""
        self._canvas.draw(True)
        self._canvas.sync()
        drawn = np.frombuffer(self._canvas.buffer_arr, np.uint8).reshape(self.height, self.width, 4)
        self._canvas.remove(None)
        return drawn
