"""What the graphs carry: ids, numbers, paths and hashes only. Everything else is in the memory or in files."""

from __future__ import annotations

import operator
from typing import Annotated, TypedDict


class SceneEnd(TypedDict):
    """How a scene left the policy: ``scene`` began at version ``start`` and ended at ``end``."""

    scene: int
    start: str
    end: str


class FilmState(TypedDict, total=False):
    """State of a production."""

    cut: int
    policy: str
    """The chain's version that the next wave starts from."""
    shot_scenes: Annotated[list[SceneEnd], operator.add]
    wave: list[int]
    """Scene numbers now being shot."""
    merged: int
    """How many entries of ``shot_scenes`` have joined the chain."""


class SceneState(TypedDict, total=False):
    """State of one scene being shot."""

    scene: int
    wave_start: int
    start: str
    policy: str
    position: int
    """Index of the shot, from 0."""
    first: int
    """Number of the shot's first take in this round (1, or more when a person asked for another)."""
    take: int
    key: str
    decision: str
    shooting: str
    faults: str
    verdict: str
    accepted: bool
    skip: bool
    request: int
    """Id of the retake that a person asked for and that is being shot; 0 where nobody did."""
    since: int
    """Id of the newest request that was known when the shot's slate was held: a circle by hand after it wins."""
    shot_scenes: Annotated[list[SceneEnd], operator.add]


class SceneOutput(TypedDict):
    """What a scene gives back to the film."""

    shot_scenes: Annotated[list[SceneEnd], operator.add]
