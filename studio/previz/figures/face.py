"""Heads and faces: a skull that truly turns, eyes that blink and look, brows, mouths, beards and glasses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figure import Moment
from studio.previz.figures.colours import share
from studio.previz.figures.paper import Scissors

_FRONT = np.array([0.87, 0.91, 0.95, 0.99, 1.0, 0.99, 0.95, 0.91, 0.87, 0.87, 0.89, 0.94, 0.97, 0.94, 0.89, 0.87])


_SIDE = np.array([0.86, 0.89, 0.94, 0.99, 1.0, 1.02, 1.06, 1.05, 1.0, 0.92, 0.83, 0.80, 0.86, 0.97, 1.02, 0.94])


_ANGLES = np.arange(16) * np.pi / 8


INK: Colour = (0.15, 0.11, 0.15)


# feeling: brow raise, brow slope (+ worried, - angry), eye opening, mouth curve (+ smile), mouth opening
FEATURES = {
    "neutral": (0.0, 0.0, 0.92, 0.10, 0.0), "happy": (0.05, 0.02, 0.90, 0.34, 0.14), "sad": (0.0, 0.30, 0.72, -0.28, 0.0),  # noqa: E501
    "angry": (-0.09, -0.34, 0.80, -0.24, 0.06), "afraid": (0.12, 0.28, 1.18, -0.14, 0.16), "surprised": (0.17, 0.05, 1.25, 0.0, 0.30),  # noqa: E501
    "tired": (-0.02, 0.14, 0.48, -0.08, 0.0), "determined": (-0.07, -0.20, 0.84, 0.02, 0.0), "tender": (0.05, 0.14, 0.78, 0.22, 0.0),  # noqa: E501
}  # fmt: skip


@dataclass(frozen=True)
class Head:
    """A head frame for one moment: unit is half the height of the head."""

    x: float
    y: float
    size: float
    angle: float
    yaw: float
    """Radians; 0 faces the camera, π/2 looks right."""

    def at(self, points: np.ndarray) -> np.ndarray:
        """Head units -> metres on the paper."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        p = np.asarray(points, float) * self.size
        return np.stack([self.x + p[:, 0] * c - p[:, 1] * s, self.y + p[:, 0] * s + p[:, 1] * c], 1)

    def on(self, theta: np.ndarray | float, y: np.ndarray | float, out: float = 1.0) -> np.ndarray:
        """Head-unit points on the skull at the angle ``theta`` from the nose and the height ``y``."""
        turn = np.clip(np.asarray(theta, float) + self.yaw, -1.52, 1.52)
        y = np.broadcast_to(np.asarray(y, float), turn.shape)
        return np.stack([0.87 * out * np.sqrt(np.maximum(0.02, 1 - 0.8 * y * y)) * np.sin(turn), y], -1).reshape(-1, 2)

    @property
    def s(self) -> float:
        return math.sin(self.yaw)

    @property
    def c(self) -> float:
        return math.cos(self.yaw)


def skull(head: Head, grow: float = 1.0, angles: np.ndarray = _ANGLES) -> np.ndarray:
    """The outline of the head, in head units, counter-clockwise from +x; in profile it has a chin and a nape."""
    side = _SIDE if head.s >= 0 else np.roll(_SIDE[::-1], 9)
    radius = _FRONT + (side - _FRONT) * abs(head.s)
    wrapped = np.interp(angles % (2 * np.pi), np.append(_ANGLES, 2 * np.pi), np.append(radius, radius[0]))
    return np.stack([np.cos(angles), np.sin(angles)], 1) * (wrapped * grow)[:, None]


def blink(t: float, seed: int) -> float:
    """How far the lids are closed, 0…1; some seconds apart, twice in a row now and then."""
    period = 2.7 + 1.6 * share(f"blink{seed}")
    x = (t + period * share(f"phase{seed}")) % period
    return max(0.0, 1 - abs(x - 0.14) / 0.13)


def speech(t: float, seed: int) -> float:
    """How far a talking mouth is open, 0…1: syllables of changing weight, with small rests."""
    a = math.sin(t * 15.1 + seed % 7) * 0.5 + 0.5
    b = math.sin(t * 9.3 + seed % 5) * 0.5 + 0.5
    rest = min(1.0, max(0.0, 1.6 + 2.2 * math.sin(t * 1.9 + seed % 3)))
    return (0.25 + 0.75 * a * b) * rest


def draw_face(
    cut: Scissors, head: Head, m: Moment, style: dict[str, object], skin: Colour, hair: Colour, seed: int
) -> None:
    """Everything between hairline and chin."""
    parts = style["parts"]
    assert isinstance(parts, tuple)
    raise_, slope, opening, curve, gape = FEATURES.get(m.act.feeling, FEATURES["neutral"])
    if m.act.activity == "sleep":
        opening, curve, gape = 0.0, 0.10, 0.0
    cheek = mix(skin, (0.86, 0.28, 0.25), 0.34)
    if "skull" not in parts:
        for theta in (-0.62, 0.62):
            patch(cut, head, theta, -0.36, 0.17, 0.12, (*cheek[:3], 0.55))
    shut = blink(m.t, seed) if opening > 0 else 1.0
    for side in (-1, 1):
        _eye(cut, head, m, side, opening * (1 - shut) if opening else 0.0, slope, parts, skin, style)
        if not {"skull", "no-brows", "big-eyes", "coal-eyes", "button-eyes", "glow-eyes"} & set(parts):
            _brow(cut, head, side, raise_, slope, mix(hair, INK, 0.35), bool(style.get("female")))
    if "no-nose" not in parts and "skull" not in parts:
        _nose(cut, head, parts, skin)
    talk = speech(m.t, seed) if m.talking else 0.0
    chew = 0.22 * max(0.0, math.sin(m.t * 9)) if m.act.activity == "eat" else 0.0
    _mouth(cut, head, curve, max(gape, 0.34 * talk, chew), parts, skin, m.talking)


def patch(cut: Scissors, head: Head, theta: float, y: float, rx: float, ry: float, colour: Colour) -> None:
    """A flat spot on the skull, gone where it faces away."""
    if (facing := math.cos(theta + head.yaw)) > 0.08:
        (x, y2) = head.at(head.on(theta, y))[0]
        cut.disc(x, y2, rx * head.size * (0.3 + 0.7 * facing), ry * head.size, colour, head.angle)


def _eye(cut: Scissors, head: Head, m: Moment, side: int, opening: float, slope: float, parts: tuple[str, ...], skin: Colour, style: dict[str, object]) -> None:  # fmt: skip  # noqa: E501
    theta, y = side * 0.44, 0.0
    facing = math.cos(theta + head.yaw)
    if facing < 0.12:
        return
    centre = head.on(theta, y, 0.96)[0]
    narrow = 0.42 + 0.58 * facing
    big = 1.55 if "big-eyes" in parts else 1.0
    r = 0.165 * big
    x, yy = head.at(centre[None])[0]
    s = head.size
    if "coal-eyes" in parts or "button-eyes" in parts or "skull" in parts:
        size = 0.20 if "skull" in parts else 0.12
        cut.disc(x, yy, size * narrow * s, size * s * max(0.25, min(1.0, opening + 0.2)), INK, head.angle)
        cut.disc(x + 0.03 * s, yy + 0.04 * s, 0.03 * s, 0.03 * s, (1, 1, 1, 0.8))
        return
    if "glow-eyes" in parts:
        accent = style["accent"]
        assert isinstance(accent, tuple)
        cut.light(oval(x, yy, 0.15 * narrow * s, 0.08 * s * max(0.2, opening), head.angle + side * 0.3), accent)
        return
    if opening < 0.16:
        arc = np.array([[-r, 0.02], [-r * 0.4, -0.05], [r * 0.4, -0.05], [r, 0.02]]) * [narrow, 1] + centre
        cut.stroke(head.at(arc), INK, 0.05 * s)
        return
    high = r * 1.16 * min(1.25, opening)
    white: Colour = (0.12, 0.12, 0.16) if "big-eyes" in parts else (0.985, 0.975, 0.94)
    cut.disc(x, yy, r * narrow * s, high * s, white, head.angle)
    gx = m.gaze[0] * 0.065 * narrow + 0.02 * head.s
    gy = m.gaze[1] * 0.06
    pupil = head.at(np.array([centre + [gx, gy]]))[0]
    iris = style["iris"]
    assert isinstance(iris, tuple)
    k = 0.108 * big * s
    if "big-eyes" not in parts:
        cut.disc(pupil[0], pupil[1], k * (0.6 + 0.4 * narrow), min(k * 1.12, high * s), iris, head.angle)
        cut.disc(pupil[0], pupil[1], k * 0.55 * narrow, min(k * 0.62, high * s), INK, head.angle)
    cut.disc(pupil[0] + 0.035 * s, pupil[1] + 0.045 * s, 0.034 * big * s, 0.034 * big * s, (1, 1, 1, 0.95))
    lid = np.array([[-1.12, 0.15 - slope * side], [-0.5, 0.88], [0.5, 0.88], [1.12, 0.15 + slope * side]])
    lid = lid * [r * narrow, high] + centre
    cut.stroke(
        head.at(lid),
        INK if style.get("female") else mix(skin, INK, 0.72),
        (0.062 if style.get("female") else 0.045) * s,
    )


def oval(x: float, y: float, rx: float, ry: float, angle: float) -> np.ndarray:
    """Points of a turned ellipse."""
    t = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    c, s = math.cos(angle), math.sin(angle)
    px, py = rx * np.cos(t), ry * np.sin(t)
    return np.stack([x + px * c - py * s, y + px * s + py * c], 1)


def _brow(cut: Scissors, head: Head, side: int, raise_: float, slope: float, colour: Colour, fine: bool) -> None:
    if math.cos(side * 0.44 + head.yaw) < 0.1:
        return
    inner, outer = side * 0.22, side * 0.72
    y = 0.30 + raise_
    points = np.vstack([head.on(inner, y + slope * 0.42, 0.98), head.on((inner + outer) / 2, y + 0.05 + slope * 0.05, 0.98),  # noqa: E501
                        head.on(outer, y - 0.03 - slope * 0.22, 0.98)])  # fmt: skip
    cut.stroke(head.at(points), colour, (0.055 if fine else 0.085) * head.size)


def _nose(cut: Scissors, head: Head, parts: tuple[str, ...], skin: Colour) -> None:
    colour = mix(skin, (0.62, 0.16, 0.12), 0.26)
    s, c = head.s, head.c
    if "carrot-nose" in parts:
        tip = [0.75 * s + 0.15, -0.16]
        cut.sheet(
            head.at(np.array([[0.5 * s - 0.02, 0.0], tip, [0.5 * s - 0.05, -0.22], [0.5 * s - 0.12, -0.1]])),
            (0.93, 0.52, 0.2),
            0.1,
        )
        return
    if "red-nose" in parts:
        x, y = head.at(np.array([[0.92 * s, -0.17]]))[0]
        cut.sheet(oval(x, y, 0.19 * head.size, 0.18 * head.size, 0), (0.85, 0.2, 0.18))
        return
    if "screen-face" in parts:
        return
    big = 1.9 if "big-nose" in parts else 1.0
    root, tip = 0.82 * s, (0.84 + 0.15 * big) * s
    w = 0.085 * big * (0.55 + 0.45 * abs(c))
    shape = np.array(
        [
            [root * 0.98, 0.02],
            [tip + w * 0.6, -0.17],
            [tip + w * 0.4 - 0.04 * s, -0.265],
            [root * 0.95 - w, -0.26],
            [root * 0.96 - w * 0.7, -0.16],
        ]
    )
    if s < 0:
        shape = np.array(
            [
                [root * 0.98, 0.02],
                [tip - w * 0.6, -0.17],
                [tip - w * 0.4 - 0.04 * s, -0.265],
                [root * 0.95 + w, -0.26],
                [root * 0.96 + w * 0.7, -0.16],
            ]
        )
    cut.flat(head.at(shape), colour if abs(s) < 0.85 else mix(skin, colour, 0.55), 0.4)


def _mouth(
    cut: Scissors, head: Head, curve: float, open_: float, parts: tuple[str, ...], skin: Colour, talking: bool
) -> None:
    if "skull" in parts:
        for k in range(-3, 4):
            if math.cos(k * 0.16 + head.yaw) > 0.2:
                cut.stroke(
                    head.at(np.vstack([head.on(k * 0.16, -0.48), head.on(k * 0.16, -0.66 - open_ * 0.3)])),
                    INK,
                    0.045 * head.size,
                )
        return
    wide = 0.34 - 0.20 * open_ if curve < 0.2 else 0.40
    theta = np.array([-1.0, -0.5, 0.0, 0.5, 1.0]) * wide
    y = -0.52
    top = y + curve * 0.45 * (np.abs(theta / wide) ** 1.6 - 0.45)
    lip = mix(skin, (0.55, 0.12, 0.14), 0.72)
    if "stitched-mouth" in parts:
        for k in theta:
            cut.stroke(head.at(np.vstack([head.on(k, y - 0.05), head.on(k, y + 0.06)])), INK, 0.03 * head.size)
    if open_ < 0.05:
        cut.stroke(head.at(head.on(theta, top)), mix(lip, INK, 0.35), 0.058 * head.size)
    else:
        low = top - open_ * (1 - (theta / wide) ** 2) * 1.25
        cut.flat(
            head.at(np.vstack([head.on(theta, top + 0.015), head.on(theta[::-1], low[::-1] - 0.02)])),
            mix(INK, lip, 0.35),
            0.4,
        )
        if open_ > 0.1:
            inner = theta[1:-1] * 0.9
            mid = top[1:-1]
            if curve > 0.15 or "fangs" in parts:
                cut.flat(
                    head.at(np.vstack([head.on(inner, mid - 0.01), head.on(inner[::-1], mid[::-1] - 0.075)])),
                    (0.98, 0.97, 0.93),
                    0.3,
                )
            else:
                cut.flat(
                    head.at(
                        np.vstack([head.on(inner, low[1:-1] + 0.01), head.on(inner[::-1], low[1:-1][::-1] + 0.09)])
                    ),
                    (0.85, 0.42, 0.42),
                    0.4,
                )
    if "fangs" in parts or "tusks" in parts:
        up = -0.13 if "fangs" in parts else 0.16
        for k in (-0.22, 0.22):
            cut.flat(
                head.at(np.vstack([head.on(k - 0.06, y), head.on(k, y + up), head.on(k + 0.06, y)])),
                (0.99, 0.98, 0.92),
                0.0,
            )
