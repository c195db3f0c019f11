"""Fréchet distance between made and real clips of 0.4 s, on features of Studio's own reader (not an FVD: another
network, trained on Backlot, and shorter clips). Only values of one reader and as many rollouts can be compared.

Real clips are of levels kept out from the reader's fit, under the same keys. The column *real* is not 0: other levels,
and a covariance of few clips.
"""

from __future__ import annotations

import numpy as np

from studio.worlds.evaluation.lab import Lab
from studio.worlds.evaluation.measures._judge import judge_of
from studio.worlds.evaluation.readers.judge import Gaussian
from studio.worlds.evaluation.readers.reading import read_rollouts
from studio.worlds.evaluation.rollouts import Rollouts, Wanted
from studio.worlds.evaluation.scores import Score

WANTS = (Wanted("recorded"), Wanted("random", steps=1200, most=16))


def measure(rollouts: Rollouts, lab: Lab) -> list[Score]:
    """The distance, with its interval over rollouts."""
    reader, real = judge_of(rollouts)
    clips = read_rollouts(reader, rollouts).clips
    reference = real.features[rollouts.keys]
    root = _root(reference.covariance)

    def statistic(values: np.ndarray) -> float:
        return distance(Gaussian.of(values.reshape(-1, values.shape[-1])), reference, root)

    part = f"{rollouts.keys} keys"
    detail = {"clips": clips.shape[0] * clips.shape[1], "steps_a_clip": 8}
    return [Score("Fréchet distance (reader's features)", clips, statistic, part, better="lower", detail=detail)]


def distance(made: Gaussian, real: Gaussian, root: np.ndarray | None = None) -> float:
    """Squared Fréchet distance of two Gaussians (Dowson and Landau 1982), at least 0; ``root`` of the real covariance,
    where it is known."""
    root = _root(real.covariance) if root is None else root
    both = np.linalg.eigvalsh(root @ made.covariance @ root).clip(min=0)
    shared = 2 * np.sqrt(both).sum()
    apart = np.square(made.mean - real.mean).sum()
    return float(max(0.0, apart + np.trace(made.covariance) + np.trace(real.covariance) - shared))


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
