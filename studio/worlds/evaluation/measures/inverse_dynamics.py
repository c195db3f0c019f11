"""Which action led from frame to frame, read by a network that was trained on real frames only.

The column *real* is the ceiling: many actions make no difference where they are done (left against a wall, jump in
the air), and nobody can tell them. The control compares what is read with the same actions in another order.
"""

from __future__ import annotations

import numpy as np

from studio.worlds.evaluation.lab import Lab
from studio.worlds.evaluation.measures._judge import judge_of
from studio.worlds.evaluation.readers.reading import read_rollouts
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score

WANTS = (Wanted("recorded"),)


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """Shares of steps, a row a rollout."""
    reader, _ = judge_of(rollouts)
    said, done = read_rollouts(reader, rollouts).action, rollouts.actions.numpy()
    shuffled = np.random.default_rng(lab.settings.seed).permuted(done.reshape(-1)).reshape(done.shape)
    return [
        Score("action accuracy by inverse dynamics", (said == done).mean(1)),
        Score("action accuracy by inverse dynamics, shuffled actions", (said == shuffled).mean(1), better=""),
    ]
