"""What a caption may say of a shot: the questions that studio-clip answers, each by choosing among phrases."""

from __future__ import annotations

from studio.story.catalogue import entries
from studio.story.direction import SLOTS
from studio.story.document import TIMES

_WEATHER = {
    "clear": "clear weather", "cloudy": "cloudy", "rain": "in the rain", "storm": "in a storm", "snow": "in the snow",
    "fog": "in fog", "wind": "in the wind",
}  # fmt: skip
QUESTIONS: dict[str, dict[str, str]] = {
    "shot_size": {size: f"{size} shot" for size in SLOTS["shot_size"]},
    "time_of_day": {time: f"at {time}" for time in TIMES},
    "weather": _WEATHER,
    "place": {kind: f"{kind} place" for kind in entries("places")},
}
"""Question -> answer -> the phrase that says it."""
