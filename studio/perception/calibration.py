"""Calibration: a matcher's logit read as the probability of "same", by shot size (Platt 1999)."""

from __future__ import annotations

import math

BAR = 0.65
"""The probability from which a take passes: the default of ``[consistency] threshold``."""


def probability(calibration: dict[str, list[float]], size: str, logit: float) -> float:
    """The probability, 0…1, from ``{shot size or "all": [slope, offset]}``."""
    slope, offset = calibration.get(size) or calibration["all"]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, slope * logit + offset))))
