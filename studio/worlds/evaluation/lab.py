"""What a measure may ask for besides the rollouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.worlds.data.manifest import Manifest


class LeftOut(Exception):
    """A measure cannot be taken of these data or this model; the text is the reason, for the gap in the table."""


@dataclass(frozen=True)
class Settings:
    """What is measured; part of what a finished result is known by."""

    rollouts: int = 32
    context: int = 16
    """True frames that a model is shown."""
    horizons: tuple[int, ...] = (1, 5, 10, 30)
    samples: int = 4
    """N of best-of-N."""
    branches: int = 6
    """K of retrieval, at most; an environment with fewer actions has fewer."""
    hold: int = 10
    """Steps for which a branch's action is held."""
    seed: int = 0
    keys: tuple[str, ...] = ()
    """Keys beside the recorded ones under which pixels are compared."""
    only: tuple[str, ...] = ()
    """Measures to take; none: all."""
    split: str = "test"
    steps: int | None = None
    """Passes a frame of models that sample; None, here and below: as the weights say."""
    guidance: float | None = None
    temperature: float | None = None


@dataclass(frozen=True)
class Lab:
    """``data``: the data set's folder (its training split is there for read-outs); ``cache``: a folder in which a
    measure may keep what it trained, shared by all models of one data set; ``model``: the world model that is
    measured, or None in the columns *copy_last*, *floor* and *real*."""

    data: Path
    manifest: Manifest
    settings: Settings
    cache: Path
    model: Any = None
    threads: int = 1
    say: Callable[[str], None] = field(default=lambda line: None)
