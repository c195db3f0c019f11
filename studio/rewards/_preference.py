"""Learned scorers of a prompt and a picture, trained on what people preferred (ImageReward, PickScore, HPS).

Their raw scores have scales of their own. A term's value is the normal distribution's share below the score,
``Φ((raw − middle) / spread)``, mean over the sampled frames: a half where the score is middling, about 0.84 one spread
above. ``middle`` and ``spread`` are options, because what is middling depends on the engine.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from pydantic import Field

from studio.repeatable import one_thread
from studio.rewards.base import UNREAD, Footage, Judgement, RewardTerm
from studio.tool import NoOptions

LOW = 0.3
"""A value below which the critic says so: about half a spread under the middle."""


class Scorer(Protocol):
    """A network that is loaded."""

    def scores(self, prompt: str, frames: np.ndarray) -> list[float]:
        """One raw score a frame, of RGB uint8 ``(n, height, width, 3)``."""


class Scale(NoOptions):
    """What a preference term can be told; each term has its own defaults."""

    model: str
    """Repository, folder or file of the weights."""
    middle: float
    """The raw score that is worth a half."""
    spread: float = Field(gt=0)
    """By how much the raw score must rise to be worth 0.84."""


class Preference(RewardTerm):
    """Subclasses name their weights and load them. They look at stills: give `motion` a weight beside them, or clips in
    which nothing moves win."""

    Options: Any = Scale

    @abstractmethod
    def load(self) -> Scorer:
        """The network; raises BadInput where the weights do not fit it."""

    def scorer(self) -> Scorer:
        """The network, loaded once a process however many takes are judged."""
        return _loaded(type(self), tuple(sorted(self.weights.items())), self.options.model_dump_json())

    def value(self, raw: float) -> float:
        """0…1."""
        return 0.5 * (1 + math.erf((raw - self.options.middle) / self.options.spread / math.sqrt(2)))

    def score(self, footage: Footage) -> Judgement:
        name = type(self).__module__.rpartition(".")[2]
        if footage.game:
            return Judgement(None, unasked={name: UNREAD})
        prompt = " ".join((footage.brief.prompt or footage.brief.action).split())
        if not prompt:
            return Judgement(None)
        with one_thread():
            raw = self.scorer().scores(prompt, footage.frames)
        each = [self.value(score) for score in raw]
        value = float(np.mean(each))
        low = f"{name}: {value:.2f} < {LOW:.2f}, worst in sampled frame {int(np.argmin(each)) + 1}"
        return Judgement(value, [low] if value < LOW else [], {f"{name} raw": float(np.mean(raw))})


@cache
def _loaded(kind: type[Preference], weights: tuple[tuple[str, Path], ...], options: str) -> Scorer:
    return kind(kind.Options.model_validate_json(options).model_dump(), dict(weights)).load()
