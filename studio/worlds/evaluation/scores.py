"""Scores with their uncertainty: percentile bootstrap (Efron 1979) over what was drawn by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Statistic = Callable[[np.ndarray], float]
DRAWS = 1000
"""Bootstrap samples of an interval."""
EXACT = 99.0
"""PSNR of equal frames, dB: an infinite one is no JSON."""


def mean(values: np.ndarray) -> float:
    """Over all that are not NaN (which means: does not apply); NaN where none is left."""
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if kept.size else float("nan")


def median(values: np.ndarray) -> float:
    """Over all that are not NaN."""
    kept = values[~np.isnan(values)]
    return float(np.median(kept)) if kept.size else float("nan")


def ratio(values: np.ndarray) -> float:
    """``values`` [N, 2]: sum of the first column over sum of the second; NaN where that is 0."""
    above, below = values.sum(0)
    return float(above / below) if below else float("nan")


def psnr(values: np.ndarray) -> float:
    """``values`` [N, 2]: squared errors of 8-bit values and how many: dB of their mean, at most 99. Errors are pooled
    before the logarithm: the mean of single frames' PSNR is higher, and infinite as soon as one frame is exact."""
    error = ratio(values)
    return float(min(EXACT, 10 * np.log10(255**2 / error))) if error > 0 else (EXACT if error == 0 else error)


@dataclass(frozen=True)
class Score:
    """One number of a table. ``values``: rows are what is drawn again for the interval (rollouts, or starts);
    ``statistic`` makes the number of them. ``part``: which part of the frame, or which keys; ``detail``: more for the
    JSON (a curve); ``better`` decides nothing, it is for readers of the table. ``listed``: False for the JSON only.
    ``of_ceiling``: also told as a share of what true frames through the codec reach."""

    name: str
    values: np.ndarray
    statistic: Statistic = mean
    part: str = ""
    horizon: int | None = None
    unit: str = ""
    better: Literal["higher", "lower", ""] = "higher"
    detail: dict[str, Any] = field(default_factory=dict)
    listed: bool = True
    of_ceiling: bool = False


def interval(values: np.ndarray, statistic: Statistic, seed: int = 0, draws: int = DRAWS) -> tuple[float, float]:
    """95% bootstrap interval of ``statistic`` over the rows of ``values``; NaN for fewer than two rows."""
    if len(values) < 2:  # one row says nothing of how far others would lie
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    found = np.array([statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(draws)])
    found = found[~np.isnan(found)]
    if not found.size:
        return float("nan"), float("nan")
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)
