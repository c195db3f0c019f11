"""Hats: the catalogue's papers, set on the head and turning with it."""

from __future__ import annotations

from functools import cache

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figures.face import Head
from studio.previz.figures.paper import Scissors
from studio.story.catalogue import entries

COVERS_HAIR = frozenset(("scarf", "aviator", "hood", "helm", "space", "turban"))
LIGHT_HATS = frozenset(("tiara", "crown", "headband", "mask", "earmuffs"))
"""Hats that leave the hair's own shape."""
_FIXED: dict[str, Colour] = {
    "gold": (0.93, 0.74, 0.28), "white": (0.97, 0.96, 0.92), "black": (0.14, 0.12, 0.16), "glass": (0.75, 0.9, 1.0, 0.28),  # noqa: E501
}  # fmt: skip


@cache
def _papers(kind: str) -> tuple[tuple[str, str, np.ndarray], ...]:
    hats = entries("hats")
    papers = hats.get(kind, hats["straw"])["papers"]
    return tuple((edge, colour, np.array(numbers, float).reshape(-1, 3)) for edge, colour, *numbers in papers)


def draw_hat(cut: Scissors, head: Head, kind: str, colour: Colour, accent: Colour) -> None:
    """The hat of ``kind`` in its own colour, with a band or trim in ``accent``."""
    tones = {
        "hat": colour,
        "accent": accent,
        "dark": mix(colour, (0.05, 0.02, 0.1), 0.3),
        "light": mix(colour, (1, 1, 1), 0.35),
    }
    for edge, name, points in _papers(kind):
        shape = head.at(np.stack([points[:, 0] + points[:, 2] * head.s, points[:, 1]], 1))
        if name == "glass":
            cut.flat(shape, _FIXED[name])
        else:
            cut.sheet(shape, {**tones, **_FIXED}[name], 0.42 if edge == "round" else 0.0, rim=True)
