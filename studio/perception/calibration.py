"""Calibration: a matcher's logit read as the probability of "same", by shot size (Platt 1999)."""

from __future__ import annotations

import math

BAR = 0.65
"""The probability from which a take passes: the default of ``[consistency] threshold``."""


def probability(calibration: dict[str, list[float]], size: str, logit: float, weather: str = "") -> float:
    """The probability, 0…1, from ``{weather, shot size or "all": [slope, offset]}``: a weather that hides has a line of
    its own."""
    slope, offset = calibration.get(weather) or calibration.get(size) or calibration["all"]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, slope * logit + offset))))
