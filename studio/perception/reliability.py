"""Reliability: what a score is worth in this production, as a probability.

Scores are put in units of the spread of wrong ones (Z-normalisation, Auckenthaler, Carey & Lloyd-Thomas 2000); then a
line is fitted with Platt's smoothed targets (Platt 1999) and held by a prior: a bible of two has few references.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

PRIOR = (1.5, -2.25)
"""Slope and offset expected in units of the spread: evens at one and a half spreads above the mean of wrong scores."""
HELD = 4.0
"""The prior's weight, in scores of either class."""


@dataclass(frozen=True)
class Reliability:
    """A score's mean and spread where it is wrong, and the line that makes it a probability."""

    mean: float
    spread: float
    slope: float
    offset: float

    def probability(self, score: float) -> float:
        """0…1; both answers are taken to be equally likely beforehand."""
        z = self.slope * (score - self.mean) / self.spread + self.offset
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def fitted(right: np.ndarray, wrong: np.ndarray) -> Reliability:
    """From scores of right and of wrong pairs; both classes weigh the same, however many there are of each."""
    mean, spread = float(wrong.mean()), max(1e-4, float(wrong.std()))
    x = (np.concatenate([right, wrong]) - mean) / spread
    target = np.concatenate([
        np.full(len(right), (len(right) + 1) / (len(right) + 2)), np.full(len(wrong), 1 / (len(wrong) + 2))
    ])  # fmt: skip
    each = min(len(right), len(wrong))
    weight = np.concatenate([np.full(len(right), each / len(right)), np.full(len(wrong), each / len(wrong))])
    rows, line = np.stack([x, np.ones_like(x)], 1), np.array(PRIOR)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(rows @ line, -30, 30)))
        slope = rows.T @ (weight * (p - target)) + HELD * (line - PRIOR)
        curve = (rows * (weight * p * (1 - p))[:, None]).T @ rows + HELD * np.eye(2)
        step = np.linalg.solve(curve, slope)
        # Newton's step, no longer than one: far from the optimum the curve is flat.
        line = line - step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    return Reliability(mean, spread, max(0.05, float(line[0])), float(line[1]))
