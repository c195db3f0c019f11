"""Where figures are, and boxes about them as a finder that errs would tell them."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.perception.crops import Box

IN_SIGHT = 0.2
"""Share of a figure inside the picture, below which it is not cropped."""


def erring(boxes: tuple[Box, Box], rng: np.random.Generator, much: float) -> tuple[Box, Box]:
    """Both boxes moved and grown at random by about ``much`` of their size; the upper one stays a square."""
    out = []
    for n, (x0, y0, x1, y1) in enumerate(boxes):
        w, h = x1 - x0, y1 - y0
        dx, dy, a, b = rng.normal(0, much, 4)
        grown = np.exp((a, a if n == 0 else b))
        x, y = (x0 + x1) / 2 + dx * w, (y0 + y1) / 2 + dy * h
        w, h = w * grown[0] / 2, h * grown[1] / 2
        out.append((float(x - w), float(y - h), float(x + w), float(y + h)))
    return out[0], out[1]


def seen(shot: dict[str, Any], take: int, moment: int) -> list[tuple[int, tuple[Box, Box]]]:
    """(number, upper and whole box) of each figure of a frame that is in sight."""
    told = enumerate(shot["boxes"][take][moment])
    return [
        (who, (tuple(upper), tuple(whole)))
        for who, (_, upper, whole) in told
        if shot["inside"][take][who][moment] > IN_SIGHT
    ]
