"""One player at one world: the dream, the true simulator on the same actions, and how long each took.

Everything here blocks; the page calls it from one worker thread.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from studio.errors import BadInput
from studio.worlds.models.base import WorldModel
from studio.worlds.play.players import Players
from studio.worlds.play.starts import LENGTH, Start, Starts

STEPS = 2
"""Sampling steps that play begins with: the default four cost nearly twice the time."""


@dataclass(frozen=True)
class Moment:
    """A frame, uint8 [H, W, 3], and the simulator's beside it; ``finished``: the simulator's episode is over, and its
    last frame stays. Times in milliseconds."""

    action: int
    frame: np.ndarray
    true: np.ndarray | None
    finished: bool
    model_ms: float
    simulator_ms: float


class Session:
    """Raises BadInput, and stays as it was, for models, places, settings and actions that do not exist."""

    def __init__(self, players: Players, starts: Starts, word: str, seed: int = 0) -> None:
        self.players, self.starts, self.word, self.seed = players, starts, word, seed
        self.model: WorldModel = players.open(word)
        self._default_sampling()
        self.env: Any = None
        self.start = 0
        self.reset()

    @property
    def frame(self) -> np.ndarray:
        """What is shown now."""
        last: np.ndarray = self._frames[-1]
        return last

    def reset(self, start: int | None = None) -> None:
        """Begin at place ``start``, or again where it began."""
        if start is not None and not 0 <= start < len(self.starts.moments):
            raise BadInput(f"place {start} does not exist; there are 0 to {len(self.starts.moments) - 1}")
        self.start = self.start if start is None else start
        moment: Start = self.starts.moments[self.start]
        self._frames = deque(moment.frames, LENGTH)
        self._actions = deque(moment.actions.tolist(), LENGTH - 1)
        self.generator = torch.Generator().manual_seed(self.seed)
        self._begin()
        self.close()
        self.env = self.starts.simulator(moment)
        self.true = moment.frames[-1] if self.env is not None else None
        self.finished = False

    def choose(self, word: str) -> None:
        """Let another model go on from the frames that were shown last. The simulator goes on as it is."""
        model = self.players.open(word)
        self.model, self.word = model, word
        self._default_sampling()
        self._begin()

    def tune(self, steps: int, temperature: float) -> None:
        """Sampling steps and temperature, from the next frame on."""
        if not hasattr(self.model, "sampling"):
            raise BadInput(f"{self.word} samples nothing: it has no steps and no temperature")
        self.model.sampling(steps, self.model.guidance, temperature)
        self.steps, self.temperature = steps, temperature

    def step(self, action: int) -> Moment:
        """Both worlds, one frame on."""
        if hasattr(self.model, "sampling"):  # pages share a model
            self.model.sampling(self.steps, self.model.guidance, self.temperature)
        start = time.perf_counter()
        with torch.inference_mode():
            frame = self.model.step(self.context, torch.tensor([action]), self.generator)[0].numpy()
        dreamt = time.perf_counter()
        if self.env is not None and not self.finished:
            self.true, _, ended, cut, _ = self.env.step(action)
            self.finished = bool(ended or cut)
        done = time.perf_counter()
        self._frames.append(frame)
        self._actions.append(action)
        return Moment(action, frame, self.true, self.finished, 1e3 * (dreamt - start), 1e3 * (done - dreamt))

    def settle(self) -> float:
        """Do what the next step would begin with, now that the frame is on its way; returns milliseconds."""
        start = time.perf_counter()
        with torch.inference_mode():
            self.model.settle(self.context)
        return 1e3 * (time.perf_counter() - start)

    def close(self) -> None:
        """End the simulator."""
        if self.env is not None:
            self.env.close()
        self.env = None

    def _default_sampling(self) -> None:
        config = self.model.config
        self.steps, self.temperature = 0, getattr(config, "temperature", 1.0)
        if hasattr(self.model, "sampling"):
            self.steps = min(config.steps, STEPS)

    def _begin(self) -> None:
        frames = torch.from_numpy(np.stack(self._frames))[None]
        with torch.inference_mode():
            self.context = self.model.init_context(frames, torch.tensor([list(self._actions)], dtype=torch.int64))
