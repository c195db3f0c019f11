"""Procgen's games (CoinRun and 15 others) through a worker process in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from studio.errors import BadInput, EngineFailed
from studio.worlds.envs.base import check_action

WORKER = Path(__file__).with_name("_procgen_worker.py")
VARIABLE = "STUDIO_PROCGEN_PYTHON"
REMEDY = f"make one (python -m venv DIR; DIR/bin/pip install procgen2==0.10.7) and set {VARIABLE}=DIR/bin/python"


class Procgen(gymnasium.Env[np.ndarray, Any]):
    """One game of Procgen at its easy setting, uint8 RGB [64, 64, 3]; a level is a seed, played to its end.

    Raises BadInput where no Python with procgen2 is named, EngineFailed where the worker dies.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 15}
    shows_the_end = False

    def __init__(self, game: str = "coinrun", python: str | None = None) -> None:
        chosen = python or os.environ.get(VARIABLE, "")
        if not chosen or not Path(chosen).is_file():
            raise BadInput(f"procgen needs a Python that has procgen2, {chosen or 'none'} was named; {REMEDY}")
        command, pipe = [chosen, "-I", str(WORKER), game], subprocess.PIPE
        try:
            self._worker = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            raise BadInput(f"{chosen} cannot be run ({error.strerror}); {REMEDY}") from None
        self.action_names = tuple(self._head()["actions"])
        self.observation_space = gymnasium.spaces.Box(0, 255, (64, 64, 3), np.uint8)
        self.action_space = gymnasium.spaces.Discrete(len(self.action_names))

    def _head(self) -> dict[str, Any]:
        assert self._worker.stdout is not None and self._worker.stderr is not None
        line = self._worker.stdout.readline()
        if not line:
            said = self._worker.stderr.read().decode(errors="replace").strip().splitlines()
            raise EngineFailed(f"the procgen worker ended: {said[-1] if said else 'it said nothing'}; {REMEDY}")
        return json.loads(line)

    def _ask(self, **request: Any) -> tuple[np.ndarray, dict[str, Any]]:
        assert self._worker.stdin is not None and self._worker.stdout is not None
        try:
            self._worker.stdin.write(json.dumps(request).encode() + b"\n")
            self._worker.stdin.flush()
        except BrokenPipeError:
            pass  # the answer's head says what the worker said last
        head = self._head()
        picture = np.frombuffer(self._worker.stdout.read(head["bytes"]), np.uint8)
        return picture.reshape(64, 64, 3), head

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start the level ``seed``."""
        super().reset(seed=seed)
        picture, head = self._ask(reset=int(seed if seed is not None else self.np_random.integers(1 << 30)))
        return picture, {"level": head["level"]}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step. When the level is done, the picture already shows its next start: it belongs to no episode."""
        picture, head = self._ask(step=check_action(action, self.action_names))
        return picture, head["reward"], head["done"], False, {}

    def close(self) -> None:
        """End the worker."""
        if self._worker.poll() is None:
            self._worker.terminate()
            self._worker.wait()
        for pipe in (self._worker.stdin, self._worker.stdout, self._worker.stderr):
            if pipe is not None:
                pipe.close()


Environment = Procgen
