"""Fidelity horizon: how long a rollout stays with the simulator under the same keys, in its picture and in the
performer's place."""

from __future__ import annotations

import numpy as np

from studio.worlds.evaluation.lab import Lab, LeftOut
from studio.worlds.evaluation.measures._judge import judge_of
from studio.worlds.evaluation.readers.reading import Reading, read_rollouts
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score, median

WANTS = (Wanted("random", steps=1200, most=16),)
NEEDS = ("truth", "states")
LEAST = 20.0
"""dB of PSNR that a frame must have."""
FURTHEST = 8.0
"""Pixels, a tile, that the performer may be away from where the simulator has it."""
STAYS = 3
"""Frames in a row that must miss a bound: one frame read wrongly, or a performer that blinks, ends nothing."""


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """Median seconds."""
    if rollouts.true is None or rollouts.states is None or rollouts.camera_before is None:
        raise LeftOut("nobody knows what these keys lead to")
    reader, _ = judge_of(rollouts)
    picture = _picture(rollouts) < LEAST
    place = _place(rollouts, read_rollouts(reader, rollouts))
    return [
        Score("fidelity horizon", lasted(bad) / rollouts.fps, median, part, unit="s", detail={"bound": bound})
        for part, bad, bound in (("picture", picture, LEAST), ("place", place > FURTHEST, FURTHEST))
    ]


def lasted(bad: np.ndarray) -> np.ndarray:
    """Steps [N] before the first of `STAYS` bad ones in a row; all of them where there are none."""
    if bad.shape[1] < STAYS:
        return np.full(len(bad), float(bad.shape[1]))
    runs = np.asarray(np.lib.stride_tricks.sliding_window_view(bad, STAYS, 1).all(-1))
    return np.where(runs.any(1), runs.argmax(1), bad.shape[1]).astype(float)


def _picture(rollouts: Rollouts) -> np.ndarray:
    """PSNR [N, T], dB."""
    errors = np.empty(tuple(rollouts.actions.shape))
    for row, (made, true) in enumerate(zip(rollouts.made, rollouts.true, strict=True)):  # type: ignore[arg-type]
        for first in range(0, len(made), 100):
            part = slice(first, first + 100)
            errors[row, part] = (made[part].float() - true[part].float()).square().mean((1, 2, 3)).numpy()
    return np.asarray(10 * np.log10(255**2 / np.maximum(errors, 1e-3)))


def _place(rollouts: Rollouts, reading: Reading) -> np.ndarray:
    """Pixels [N, T] between where the performer is seen, in the level, and where the simulator has it. Infinite where
    it is not seen, 0 where the simulator shows none either (it blinks, or is out of the frame)."""
    states = rollouts.states.numpy()  # type: ignore[union-attr]
    x, y = (states[..., rollouts.state_names.index(name)] for name in ("x", "y"))
    camera = rollouts.camera_before[:, -1:].numpy() + reading.scroll.cumsum(1)  # type: ignore[index]
    apart = np.hypot(reading.x[:, 1:] + camera - x, reading.y[:, 1:] - y)
    seen = np.ones_like(apart, bool) if rollouts.boxes is None else (rollouts.boxes[..., 0] == 1).any(-1).numpy()
    return np.where(reading.found[:, 1:], apart, np.where(seen, np.inf, 0))
