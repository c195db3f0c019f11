"""Plausibility horizon: for how long rollouts of a minute pass for the game, by keys. Freezing is a failure.

A rollout ends at its first second in which the judge (readers/judge.py) says that physics leaves what real footage
shows, the performer is lost, the features of clips are too far from real ones, or nothing moves although keys should
move it. The column *real* shows the judge's false alarms.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.worlds.evaluation.lab import Lab
from studio.worlds.evaluation.measures._judge import judge_of
from studio.worlds.evaluation.readers.judge import failures, horizons, seconds
from studio.worlds.evaluation.readers.physics import physics as physics_of
from studio.worlds.evaluation.readers.reading import read_rollouts
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score, median

WANTS = (
    Wanted("random", steps=1200, most=16),
    Wanted("held", steps=1200, most=8),
    Wanted("idle", steps=1200, most=8),
)


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """Median seconds; the survival curve and what ended the rollouts are in the detail."""
    reader, real = judge_of(rollouts)
    reading = read_rollouts(reader, rollouts)
    actions, names = rollouts.actions.numpy(), rollouts.action_names
    judged = seconds(reading, physics_of(reading), actions, names, rollouts.fps, real.ranges, real.features["all"])
    failed = failures(judged, real)
    lasted = horizons(failed).astype(float)
    total = judged.frozen.shape[1]
    part = f"{rollouts.keys} keys"
    return [
        Score("plausibility horizon", lasted, median, part, unit="s", detail=_detail(lasted, failed, total)),
        Score("plausible throughout", (lasted == total).astype(float), part=part),
    ]


def _detail(lasted: np.ndarray, failed: dict[str, np.ndarray], total: int) -> dict[str, Any]:
    """``survival``: share of rollouts that are still plausible after each second; ``ended_by``: reasons of the first
    failing second (it may have several); ``alarms``: share of all seconds that each reason calls implausible."""
    ended = [(row, int(second)) for row, second in enumerate(lasted) if second < total]
    return {
        "seconds": total,
        "survival": [float((lasted >= second).mean()) for second in range(1, total + 1)],
        "ended_by": {name: sum(bool(bad[at]) for at in ended) for name, bad in failed.items()},
        "alarms": {name: float(bad.mean()) for name, bad in failed.items()},
    }
