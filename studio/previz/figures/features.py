"""What is put on a face: ears, beards and moustaches, glasses."""

from __future__ import annotations

import math

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figures.face import Head, oval, patch
from studio.previz.figures.paper import Scissors


def draw_ears(cut: Scissors, head: Head, skin: Colour, parts: tuple[str, ...], covered: bool, near: bool) -> None:
    """The ears behind the face's outline, or (``near``) those that lie on it; hair covers all but special ones."""
    special = "pointed-ears" in parts or "long-ears" in parts or "animal-ears" in parts
    if covered and not special:
        return
    for side in (-1, 1):
        turn = side * 1.62 + head.yaw
        if math.cos(turn) < -0.35 or (math.cos(turn) > 0.3) != near:
            continue
        x = 0.87 * math.sin(turn)
        o = side if abs(head.s) < 0.5 else -math.copysign(1, head.s)
        if "animal-ears" in parts:
            shape = np.array([[x * 0.85 - 0.2, 0.6], [x * 0.9 + o * 0.08, 1.22], [x * 0.85 + 0.2, 0.55]])
            cut.sheet(head.at(shape), skin, 0.2)
            continue
        if special:
            long = 0.62 if "long-ears" in parts else 0.42
            shape = np.array([[x, 0.12], [x + o * long, 0.30 + long * 0.35], [x + o * 0.2, -0.12], [x, -0.22]])
            cut.sheet(head.at(shape), skin, 0.15)
            continue
        cx, cy = head.at(np.array([[x, -0.08]]))[0]
        wide = 0.12 + 0.06 * abs(math.cos(turn))
        cut.sheet(oval(cx, cy, wide * head.size, 0.19 * head.size, head.angle), skin, edge=0.7)
        cut.disc(cx, cy, wide * 0.5 * head.size, 0.1 * head.size, mix(skin, (0.6, 0.2, 0.15), 0.3), head.angle)


def draw_beard(cut: Scissors, head: Head, beard: str, moustache: str, colour: Colour, gape: float) -> None:
    """Beard and moustache as papers on the jaw."""
    if beard:
        span, low, top = {"long": (1.45, -1.95, -0.30), "full": (1.45, -1.28, -0.30), "short": (1.4, -1.08, -0.36), "goatee": (0.5, -1.2, -0.62),  # noqa: E501
                          "stubble": (1.4, -0.98, -0.36)}[beard]  # fmt: skip
        theta = np.linspace(-span, span, 9)
        upper = np.where(np.abs(theta) > 0.7, -0.02 if span > 1 else top, top - 0.12 - gape * 0.6)
        drop = -0.25 + (low + 0.25) * np.cos(np.linspace(-1.45, 1.45, 9)) ** 0.55
        rim = head.on(theta, -0.3, 1.12)
        rim[:, 0] = rim[:, 0] * np.where(drop < -1, 0.72, 1.0) + 0.10 * head.s
        rim[:, 1] = drop
        colour = (*colour[:3], 0.4) if beard == "stubble" else colour
        shape = head.at(np.vstack([head.on(theta, upper, 1.02), rim[::-1]]))
        if beard == "stubble":
            cut.flat(shape, colour)
        else:
            cut.sheet(shape, colour, 0.45, rim=True)
            lip = head.on(np.array([-0.2, 0.0, 0.2]), np.array([-0.53, -0.58 - gape * 0.2, -0.53]))
            cut.stroke(head.at(lip), (0.45, 0.16, 0.16), 0.06 * head.size)
    if moustache or beard in ("full", "long"):
        theta = np.array([-0.62, -0.3, 0.0, 0.3, 0.62, 0.32, 0.0, -0.32])
        y = np.array([-0.47, -0.34, -0.35, -0.34, -0.47, -0.50, -0.43, -0.50])
        cut.flat(head.at(head.on(theta, y, 1.06)), mix(colour, (1, 1, 1), 0.10) if beard else colour)


def draw_glasses(cut: Scissors, head: Head, kind: str) -> None:
    """Glasses, sunglasses, goggles or an eye patch."""
    s = head.size
    frame = (0.17, 0.13, 0.15)
    if kind == "patch":
        patch(cut, head, 0.44, 0.0, 0.24, 0.22, frame)
        cut.stroke(head.at(head.on(np.linspace(-1.4, 1.4, 7), np.linspace(0.42, -0.05, 7), 1.02)), frame, 0.05 * s)
        return
    cut.stroke(head.at(head.on(np.linspace(-1.45, 1.45, 9), np.full(9, 0.04), 1.03)), frame, 0.05 * s)
    for side in (-1, 1):
        facing = math.cos(side * 0.44 + head.yaw)
        if facing < 0.12:
            continue
        x, y = head.at(head.on(side * 0.44, 0.0, 1.0))[0]
        fill: Colour = (0.1, 0.1, 0.14, 0.92) if kind == "dark" else (0.85, 0.95, 1.0, 0.22)
        cut.canvas.ellipse(
            x, y, 0.25 * s * (0.35 + 0.65 * facing), 0.23 * s, cut.tone(fill), cut.tone(frame), 0.05 * s, head.angle
        )
