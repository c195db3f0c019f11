"""Share of steps whose physics lies within the real 99th percentile, read from the frames; real video scores 1.

Parts: gravity (downward acceleration in the air), speed, penetration (the body in what is solid), absence (the
performer is nowhere). Each share is divided by the share of real footage of kept-out levels that lies within, about
0.99.
"""

from __future__ import annotations

import numpy as np

from studio.worlds.evaluation.lab import Lab
from studio.worlds.evaluation.measures._judge import judge_of
from studio.worlds.evaluation.readers.judge import within
from studio.worlds.evaluation.readers.physics import QUANTITIES
from studio.worlds.evaluation.readers.physics import physics as physics_of
from studio.worlds.evaluation.readers.reading import read_rollouts
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score, ratio

WANTS = (Wanted("random", steps=1200, most=16),)


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """A score a part, and their mean."""
    reader, real = judge_of(rollouts)
    found = physics_of(read_rollouts(reader, rollouts))
    scores, rows = [], []
    for part in QUANTITIES:
        inside = within(found, part, real.ranges)
        row = np.stack((np.nansum(inside, 1) / real.shares[part], (~np.isnan(inside)).sum(1)), 1).astype(float)
        detail = {"range": real.ranges[part], "steps": int(row[:, 1].sum())}
        scores.append(Score("physics", row, ratio, part, detail=detail))
        rows.append(row)
    return [Score("physics", np.stack(rows, 1), _mean_of_parts), *scores]


def _mean_of_parts(values: np.ndarray) -> float:
    """``values`` [N, parts, 2]; a part that never applied (nobody jumped) is left out."""
    shares = np.array([ratio(values[:, part]) for part in range(values.shape[1])])
    return float(np.nanmean(shares)) if (~np.isnan(shares)).any() else float("nan")
