"""Which shot sizes show enough to know a person or a place."""

from __future__ import annotations

from collections.abc import Sequence

from studio.story.catalogue import entries
from studio.story.document import Character

FACES = ("wide", "full", "medium", "medium-close", "close", "extreme-close")
"""Shot sizes in which somebody can be told from a look-alike."""
PLACES = ("extreme-wide", "wide", "full", "medium")
"""Shot sizes that show enough of a place to know it."""
SMALL = ("wide",)
"""Shot sizes in which somebody may be too small to be found at first glance; in closer ones a second one finds no more.
"""
LEAD_ONLY = ("medium", "medium-close", "close", "extreme-close")
"""Shot sizes that frame one figure; others may be cut off by the frame's edge."""
TALLEST = {"wide": 0.42, "full": 0.8}
"""Share of the frame's height that the tallest of the cast fills; nearer, the lead fills the frame."""
TELLABLE = 0.09
"""Share of the frame's height below which nobody can be told from a look-alike."""
PERSON, YOUNG = 1.7, 0.72
"""Metres, of a kind that the catalogue gives no height; and how much of it the young have."""


def tellable(one: Character, cast: Sequence[Character], size: str) -> bool:
    """Whether somebody is large enough beside the tallest of the cast to be known: a crow beside a man in a wide shot
    is a few dots."""
    return TALLEST.get(size, 1.0) * _height(one) / max(map(_height, cast)) >= TELLABLE


def _height(one: Character) -> float:
    kind = entries("creatures").get(one.kind) or entries("people").get(one.kind) or {}
    return float(kind.get("height", PERSON)) * (YOUNG if one.look.age == "child" else 1.0)
