"""Scores with their uncertainty: percentile bootstrap (Efron 1979) over what was drawn by chance."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Statistic = Callable[[np.ndarray], Any]
"""One number of the rows of an array. Those of this file take arrays of such arrays as well, and give an array."""
DRAWS = 1000
"""Bootstrap samples of an interval."""
EXACT = 99.0
"""PSNR of equal frames, dB: an infinite one is no JSON."""


def mean(values: np.ndarray) -> Any:
    """Over all that are not NaN (which means: does not apply); NaN where none is left. ``values`` [..., N]."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return _plain(np.where(there, values, 0).sum(-1) / there.sum(-1))


def median(values: np.ndarray) -> Any:
    """Over all that are not NaN; ``values`` [..., N]."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice|Mean of empty slice", RuntimeWarning)
        return _plain(np.nanmedian(values, -1))


def ratio(values: np.ndarray) -> Any:
    """``values`` [..., N, 2]: sum of the first column over sum of the second; NaN where that is 0."""
    above, below = np.moveaxis(values.sum(-2), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _plain(np.where(below == 0, np.nan, above / below))


def psnr(values: np.ndarray) -> Any:
    """``values`` [..., N, 2]: squared errors of 8-bit values and how many: dB of their mean, at most 99. Errors are
    pooled before the logarithm: the mean of single frames' PSNR is higher, and infinite as soon as one frame is exact.
    """
    error = np.asarray(ratio(values))
    with np.errstate(divide="ignore"):
        return _plain(np.minimum(EXACT, 10 * np.log10(255**2 / error)))


def _plain(found: np.ndarray) -> Any:
    return float(found) if np.ndim(found) == 0 else found


OF_MANY = (mean, median, ratio, psnr)
"""Statistics that take all bootstrap samples at once."""


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
    drawn = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    found = statistic(values[drawn]) if statistic in OF_MANY else np.array([statistic(values[rows]) for rows in drawn])
    found = found[~np.isnan(found)]
    if not found.size:
        return float("nan"), float("nan")
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)
