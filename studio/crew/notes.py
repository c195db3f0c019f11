"""What a note on a take means for the next one: from a person's words or a critic's check to changed slots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.story.direction import SLOTS

_SIZES = SLOTS["shot_size"]

_SLOT_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"extreme close|eyes only", "shot_size", "extreme-close"),
    (r"extreme(ly)? wide|tiny in the frame", "shot_size", "extreme-wide"),
    (r"medium close", "shot_size", "medium-close"),
    (r"close[- ]?up|\bclose\b", "shot_size", "close"),
    (r"\bmedium\b|waist", "shot_size", "medium"),
    (r"full (shot|body|figure)|head to toe", "shot_size", "full"),
    (r"\bwide\b|establishing", "shot_size", "wide"),
    (r"overhead|bird'?s[- ]eye|from above|top[- ]down", "angle", "overhead"),
    (r"low angle|from below|look(ing)? up at", "angle", "low"),
    (r"high angle|look(ing)? down", "angle", "high"),
    (r"eye[- ]level", "angle", "eye"),
    (r"pan(ning)? (to the )?left", "camera_move", "pan-left"),
    (r"pan(ning)? (to the )?right", "camera_move", "pan-right"),
    (r"tilt(ing)? up", "camera_move", "tilt-up"),
    (r"tilt(ing)? down", "camera_move", "tilt-down"),
    (r"push(es|ing)?[- ]in|dolly in|move in|zoom in", "camera_move", "push-in"),
    (r"pull(s|ing)?[- ](out|back)|dolly out|zoom out", "camera_move", "pull-out"),
    (r"track(ing)?\b|follow", "camera_move", "track"),
    (r"crane|boom up|rise above", "camera_move", "crane"),
    (r"hand[- ]?held|shaky", "camera_move", "handheld"),
    (r"locked|static|still camera|tripod|hold (it )?still", "camera_move", "locked"),
    (r"silhouette", "lighting", "silhouette"),
    (r"low[- ]key|darker|moody", "lighting", "low-key"),
    (r"high[- ]key|brighter|lighter", "lighting", "high-key"),
    (r"golden", "lighting", "golden"),
    (r"lamp|candle|practical", "lighting", "practical"),
    (r"more detail|richer", "detail", "rich"),
    (r"simpler|less detail|cleaner", "detail", "lean"),
)
_TIME_WORDS = (
    (r"\b(at )?night\b|moonl", "night"), (r"\bdusk\b|sunset|evening", "dusk"), (r"\bdawn\b|sunrise", "dawn"),
    (r"morning", "morning"), (r"afternoon", "afternoon"), (r"\bnoon\b|midday|daylight|by day", "noon"),
)  # fmt: skip
_WEATHER_WORDS = (
    (r"storm|thunder|lightning", "storm"), (r"\brain", "rain"), (r"\bsnow", "snow"), (r"\bfog|mist", "fog"),
    (r"\bwind", "wind"), (r"cloud|overcast", "cloudy"), (r"\bclear (sky|weather)|sunny", "clear"),
)  # fmt: skip

ANSWERS: dict[str, tuple[tuple[str, str], ...]] = {
    "subject": (("shot_size", "full"), ("shot_size", "medium")),
    "exposure": (("lighting", "natural"), ("lighting", "high-key")),
    "contrast": (("lighting", "natural"), ("lighting", "low-key")),
    "black": (("lighting", "high-key"),),
    "frozen": (("camera_move", "push-in"), ("camera_move", "track")),
    "flickering": (("camera_move", "locked"),),
    "motion": (("camera_move", "push-in"), ("camera_move", "handheld")),
    "sharpness": (("detail", "rich"),),
    "character": (("shot_size", "full"), ("shot_size", "medium"), ("lighting", "natural")),
    "place": (("lighting", "natural"), ("shot_size", "full"), ("shot_size", "wide")),
    "coverage": (("shot_size", "wide"), ("angle", "high")),
    "prompt": (("lighting", "natural"), ("style", "strong")),
}
"""Check -> slots that help, tried in order on the first and second retake."""


@dataclass(frozen=True)
class Wishes:
    """What a note asks for. ``rest`` is true where something in it was not understood as a slot, time or weather."""

    direction: dict[str, str] = field(default_factory=dict)
    time_of_day: str = ""
    weather: str = ""


def _first(words: Sequence[tuple[str, str]], text: str) -> str:
    return next((value for pattern, value in words if re.search(pattern, text)), "")


def read_note(note: str, current: dict[str, str]) -> Wishes:
    """Slots, time and weather that a person's note asks for, from the ``current`` direction."""
    text = note.lower()
    direction: dict[str, str] = {}
    size = _SIZES.index(current.get("shot_size", "medium"))
    if re.search(r"\bcloser\b|tighter", text):
        direction["shot_size"] = _SIZES[min(len(_SIZES) - 1, size + (2 if "much" in text else 1))]
    elif re.search(r"\bwider\b|looser|further (away|back)|farther", text):
        direction["shot_size"] = _SIZES[max(0, size - (2 if "much" in text else 1))]
    for pattern, slot, value in _SLOT_WORDS:
        if slot not in direction and re.search(pattern, text):
            direction[slot] = value
    return Wishes(direction, _first(_TIME_WORDS, text), _first(_WEATHER_WORDS, text))


def answer_notes(notes: Sequence[str], last: dict[str, str], fixed: dict[str, str], retake: int) -> dict[str, str]:
    """Slots that answer the critic's notes (``check: message``), at most two, none that the plan fixes.

    ``retake`` counts from 1; a second retake tries the next remedy.
    """
    answers: dict[str, str] = {}
    for note in notes:
        remedies = [
            (slot, value)
            for slot, value in ANSWERS.get(note.split(":", 1)[0].strip(), ())
            if slot not in fixed and slot not in answers and last.get(slot) != value
        ]
        if remedies and len(answers) < 2:
            slot, value = remedies[min(retake - 1, len(remedies) - 1)]
            answers[slot] = value
    return answers
