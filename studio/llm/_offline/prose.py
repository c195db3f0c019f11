"""Prose of a shot: framing, angle, move, light, hour, weather, place, action and length, read out of paragraphs."""

from __future__ import annotations

import re

from studio.llm._offline.grammar import TIMES, WEATHERS
from studio.llm._offline.reading import Entity, read

_SIZES = {
    "extreme-close": r"extreme close|macro|extreme-close", "medium-close": r"medium[- ]close|mid[- ]close|chest[- ]up|bust shot",
    "close": r"close[- ]?up|close shot|tight (?:shot|on)|insert", "extreme-wide": r"extreme(?:ly)? wide|extreme long|aerial|establishing",
    "full": r"full[- ](?:body|shot|length)|head[- ]to[- ]toe|medium[- ]wide|cowboy shot",
    "medium": r"medium|mid[- ]shot|waist[- ]up|over[- ]the[- ]shoulder|two[- ]shot", "wide": r"wide|long shot",
}  # fmt: skip
_ANGLES = {
    "overhead": r"overhead|top[- ]down|bird'?s[- ]eye|from directly above", "low": r"low[- ]angle|from below|worm'?s[- ]eye|low angle",
    "high": r"high[- ]angle|from above|high angle", "eye": r"eye[- ]level",
}  # fmt: skip
_MOVES = {
    "push-in": r"push(?:es|ing)?[- ]?in|doll(?:y|ies) (?:in|forward)|moves? (?:closer|in)|zooms? in|forward dolly|creeps? in",
    "pull-out": r"pull(?:s|ing)?[- ]?(?:out|back)|doll(?:y|ies) (?:out|back)|zooms? out|backs? away",
    "pan-left": r"pan(?:s|ning)? (?:\w+ )?(?:to the )?left|left(?:ward)? pan", "pan-right": r"pan(?:s|ning)? (?:\w+ )?(?:to the )?right|right(?:ward)? pan|lateral pan|\bpan(?:s|ning)?\b",
    "tilt-up": r"tilt(?:s|ing)? (?:\w+ )?up", "tilt-down": r"tilt(?:s|ing)? (?:\w+ )?down|\btilt(?:s|ing)?\b",
    "crane": r"crane|\bjib|boom(?:s|ing)? (?:up|down)|rises? (?:up|above)", "track": r"track(?:s|ing)?\b|follows\b|doll(?:y|ies) (?:along|sideways|left|right)|slides? (?:left|right|along)|arc(?:s|ing)?\b|orbit|steadicam|gimbal",
    "handheld": r"hand-?held", "locked": r"static|locked|tripod|fixed camera|camera (?:holds|remains|stays)|stationary camera",
}  # fmt: skip
_LIGHTS = {
    "golden": r"golden(?: hour)?|sunset glow|amber light", "silhouette": r"silhouett", "low-key": r"low[- ]key|dim(?:ly)?|moody|shadowy|moonlit",
    "high-key": r"high[- ]key|brightly lit|bright,? even", "practical": r"candle|lamp|lantern|neon|firelight|fireplace|practical|pendant|string lights",
}  # fmt: skip
_CAMERA = re.compile(
    r"\b(?:\d+ ?mm|lens|camera|shot\b|close-?up|angle|tripod|dolly|pan\b|push-in|pull-back|depth of field|framing|handheld|mood)", re.I
)  # fmt: skip
_VERB = re.compile(r"\b[a-z]{3,}(?:s|es|ing)\b")


def _first(table: dict[str, str], *texts: str) -> str:
    """The value whose words come first in the first text that has any; of equals the one named earlier."""
    for text in texts:
        found = [(m.start(), -len(m.group(0)), n, name) for n, (name, pattern) in enumerate(table.items())
                 if (m := re.search(rf"\b(?:{pattern})", text, re.I))]  # fmt: skip
        if found:
            return min(found)[3]
    return ""


def direction(first_frame: str, video_prompt: str) -> dict[str, str]:
    """The direction slots that the prose fixes."""
    told = {
        "shot_size": _first(_SIZES, video_prompt, first_frame), "angle": _first(_ANGLES, video_prompt, first_frame),
        "camera_move": _first(_MOVES, video_prompt), "lighting": _first(_LIGHTS, first_frame, video_prompt),
    }  # fmt: skip
    return {slot: value for slot, value in told.items() if value}


def hour(text: str) -> str:
    """The hour, or '' where the prose does not say."""
    return _first({**TIMES, "noon": TIMES["noon"] + "|bright daylight", "morning": TIMES["morning"]}, text)


def weather(text: str) -> str:
    """The weather, or ''."""
    return _first(WEATHERS, text)


_PARTS = frozenset(
    "place places scene top deep air corner square bar platform wood woods island stage space pool field fields port ring "
    "rings pass light sky cloud ice sand tree trees deck plot trench bridge court yard mine camp water wave waves lane "
    "quarter stall counter store lift base line cell ward keep pit bank pitch plane cape bay stable plain flat shop "
    "border".split()
)
"""Words that name parts of a room or a frame more often than a place."""


def place(first_frame: str, sure: bool) -> Entity | None:
    """Where the frame is set: the place that the prose names first, not what lies behind it.

    ``sure`` asks for a word that can hardly mean anything but a place.
    """
    front = re.split(
        r"\b(?:in the background|background|behind (?:him|her|them)|beyond|through (?:a|the) window|outside)\b",
        first_frame, flags=re.I,
    )  # fmt: skip
    for text in (front[0], first_frame):
        places = [p for p in read(text).places if not p.sense.fallback]
        certain = [p for p in places if p.noun.lower().split()[-1] not in _PARTS]
        if certain or (places and not sure):
            return (certain or places)[0]
    return None


def action(video_prompt: str, first_frame: str, names: list[str]) -> str:
    """The sentence that says what somebody does, without the camera's part."""
    clauses = [s.strip() for s in re.split(r"(?<=[.!?;])\s+|;\s*|—", video_prompt) if s.strip()]
    acting = [c for c in clauses if not _CAMERA.search(c.split(",")[0]) and _VERB.search(c)]
    named = [c for c in acting if any(re.search(rf"\b{re.escape(n)}\b", c, re.I) for n in names)]
    said = (named or acting or [re.split(r"(?<=[.!?])\s+", first_frame)[0]])[0].rstrip(" .;,")
    return f"{said[0].upper()}{said[1:]}."[:300]


def seconds(video_prompt: str) -> float:
    """2…6 s, from how much happens."""
    doing = [w for w in _VERB.findall(video_prompt) if w not in ("his", "this", "its", "hers")]
    return round(min(6.0, max(2.0, 2.4 + 0.2 * len(doing))), 1)
