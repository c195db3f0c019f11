"""From a planned shot and its direction to the words that an engine's family wants: plain, or by a language model."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studio.crew import screenwriting, templates
from studio.crew.production import Production
from studio.errors import ScreenwriterFailed
from studio.story.direction import Direction
from studio.story.document import Character, Location, Shot

_DETAIL = {"lean": "Few, clear details.", "balanced": "", "rich": "Rich in detail."}
_STYLE = {"subtle": "a hint of", "clear": "in the style of", "strong": "strongly in the style of"}
_SIZES = {
    "extreme-wide": ("extreme wide shot", r"extreme(ly)?[- ]wide"),
    "wide": ("wide shot", r"(?<!extreme )(?<!extreme-)(?<!extremely )\bwide[- ](shot|view|angle|framing)"),
    "full": ("full shot", r"\bfull[- ](shot|body|length|figure)"),
    "medium": ("medium shot", r"\bmedium[- ](shot|view|framing)"),
    "medium-close": ("medium close-up", r"\bmedium[- ]close"),
    "close": ("close-up", r"(?<!medium )(?<!medium-)(?<!extreme )(?<!extreme-)\bclose[- ]?up"),
    "extreme-close": ("extreme close-up", r"extreme(ly)?[- ]close"),
}
_ANGLES = {
    "low": ("low angle", r"\blow[- ]angle|from below"),
    "eye": ("eye level", r""),
    "high": ("high angle", r"\bhigh[- ]angle|from above|looking down"),
    "overhead": ("overhead view", r"\boverhead|bird'?s[- ]eye|top[- ]down|straight down"),
}
_MOVES = {
    "locked": ("the camera is static", r"\b(static|locked|fixed|still|motionless)\b"),
    "pan-left": ("the camera pans left", r"\bpan(s|ning)?\b[^.]{0,40}\bleft"),
    "pan-right": ("the camera pans right", r"\bpan(s|ning)?\b[^.]{0,40}\bright"),
    "tilt-up": ("the camera tilts up", r"\btilt(s|ing)?\b[^.]{0,40}\bup"),
    "tilt-down": ("the camera tilts down", r"\btilt(s|ing)?\b[^.]{0,40}\bdown"),
    "push-in": ("the camera pushes in", r"\bpush(es|ing)?[- ](slowly |gently )?in|\bdolly(ing)?[- ]in|\bdollies in"),
    "pull-out": ("the camera pulls out", r"\bpull(s|ing)?[- ](slowly |gently )?(out|back|away)|\bdoll(y|ies)[- ]out"),
    "track": ("the camera tracks alongside", r"\btrack(s|ing)\b|\bcamera follows"),
    "crane": ("the camera cranes up", r"\bcran(e|es|ing)\b"),
    "handheld": ("handheld camera", r"\bhand-?held"),
}
_LIGHTS = {
    "natural": "natural light", "high-key": "bright, even high-key light",
    "low-key": "dark low-key light with deep shadows", "golden": "warm golden light",
    "silhouette": "light from behind that makes silhouettes", "practical": "light from lamps in the picture",
}  # fmt: skip


class ShotPrompt(BaseModel):
    """What the enricher asks of a language model."""

    model_config = ConfigDict(extra="forbid")
    prompt: str = Field(min_length=1, description="the prompt for the video model, as plain text")


class Instruction(BaseModel):
    """What the critic asks of a language model."""

    model_config = ConfigDict(extra="forbid")
    instruction: str = Field(min_length=1, max_length=500, description="one or two sentences")


def values(
    production: Production, shot: Shot, direction: Direction, people: list[Character], location: Location,
    time_of_day: str, weather: str, answer: str,
) -> dict[str, str]:  # fmt: skip
    """What ``prompts/enricher/<family>.md`` may use."""
    document = production.document
    style = document.style or document.genre
    framing = _SIZES[direction.shot_size][0]
    return {
        "shot_size": direction.shot_size.replace("-", " ").capitalize(),
        "angle": f"{direction.angle} angle" if direction.angle in ("low", "high") else f"{direction.angle} level",
        "camera_move": direction.camera_move.replace("-", " "),
        "lighting": direction.lighting.capitalize(),
        "style_strength": _STYLE[direction.style].capitalize(),
        "style": style,
        "action": shot.action,
        "characters": " ".join(c.description for c in people),
        "location": location.description,
        "time": time_of_day,
        "weather": weather,
        "detail": _DETAIL[direction.detail],
        "answer": answer,
        "framing": framing if direction.angle == "eye" else f"{framing}, {_ANGLES[direction.angle][0]}",
        "camera": _MOVES[direction.camera_move][0],
        "light": _LIGHTS[direction.lighting],
        "look": f"{_STYLE[direction.style]} {style}",
    }


def prompt(production: Production, wants: str, filled: dict[str, str], direction: Direction) -> str:
    """The shot's prompt as the engine's family ``wants`` it. Raises ScreenwriterFailed (resumable)."""
    family = templates.family(production.space, wants)
    plain = " ".join(templates.fill(family.role, family.plain, filled).split())
    if not (plain and family.wanted):
        return plain
    plain = within(_sentences(plain), family.limit)
    return plain if screenwriting.offline(production) else rewritten(production, wants, plain, direction)


def asks(production: Production, wants: str) -> bool:
    """Whether a language model writes prompts of the family ``wants``: one is there, and the engine reads them."""
    family = templates.family(production.space, wants)
    return bool(family.wanted) and not screenwriting.offline(production)


def rewritten(production: Production, wants: str, draft: str, direction: Direction) -> str:
    """``draft`` as a language model puts it for the engine's family ``wants``; the camera's words are kept."""
    family = templates.family(production.space, wants)
    told = {"draft": draft, "camera": camera_words(direction), "family": wants}
    filled = {
        "wanted": family.wanted, "camera": told["camera"], "limit": family.limit or 200,
        "schema": ShotPrompt.model_json_schema(),
    }  # fmt: skip
    messages = screenwriting.question(production, "enricher", filled, told)
    inputs = {**screenwriting.identity(production), "messages": messages}
    found = screenwriting.ask(production, "prompt", inputs, messages, _limited(family.limit))
    return with_camera(" ".join(found.prompt.split()), direction)


def instruction(production: Production, shot: Shot, notes: list[str], said: list[str]) -> str:
    """The critic's notes as one instruction; where no language model gives one, only what a person said."""
    plain = " ".join(f"Note: {note}" for note in said if note)
    if not notes:
        return plain
    told = {"action": shot.action, "faults": notes[:8], "person": said}
    messages = screenwriting.question(production, "critic", {"schema": Instruction.model_json_schema()}, told)
    inputs = {**screenwriting.identity(production), "messages": messages}
    try:
        return f"Note: {screenwriting.ask(production, 'instruction', inputs, messages, Instruction).instruction}"
    except ScreenwriterFailed as error:
        production.remark("fallback", f"the critic's notes went on as they are: {error}")
        return " ".join([plain, *(f"Mend: {note}" for note in notes[:3])]).strip()


def camera_words(direction: Direction) -> str:
    """Framing, angle and movement as they must stand in a prompt."""
    words = [_SIZES[direction.shot_size][0], _ANGLES[direction.angle][0], _MOVES[direction.camera_move][0]]
    return ", ".join(word for word in words if word != "eye level")


def with_camera(text: str, direction: Direction) -> str:
    """``text``, with those of the direction's camera words that it leaves out added at its end."""
    kept = (_SIZES[direction.shot_size], _ANGLES[direction.angle], _MOVES[direction.camera_move])
    missing = [words for words, pattern in kept if not re.search(pattern, text, re.IGNORECASE)]
    if not missing:
        return text
    added = ", ".join(missing)
    return f"{text}{'' if text.endswith(('.', '!', '?')) else '.'} {added[0].upper()}{added[1:]}."


def within(text: str, limit: int) -> str:
    """The text's first sentences (or tags, where it has but one) that hold at most ``limit`` words; 0: no limit."""
    if not limit or len(text.split()) <= limit:
        return text
    parts = re.split(r"(?<=[.!?])\s+", text)
    if len(parts[0].split()) > limit:
        parts = re.split(r"(?<=,)\s+", text)
    kept: list[str] = []
    for part in parts:
        if kept and len(" ".join([*kept, part]).split()) > limit:
            break
        kept.append(part)
    return " ".join(" ".join(kept).split()[:limit]).rstrip(",;")


def _sentences(text: str) -> str:
    """Capitals at the beginning of sentences, and no stray marks where a variable was empty."""
    text = re.sub(r"\s+([,.;:])", r"\1", text)
    text = re.sub(r"([,;])(?:\s*[,;])+", r"\1", text).strip(" ,;")
    return re.sub(r"(?<=[.!?] )[a-z]", lambda m: m[0].upper(), text)


def _limited(limit: int) -> type[ShotPrompt]:
    class Limited(ShotPrompt):
        @model_validator(mode="after")
        def _short_enough(self) -> Limited:
            words = len(self.prompt.split())
            if limit and words > limit:
                raise ValueError(f"the prompt has {words} words; at most {limit}")
            return self

    Limited.__name__ = ShotPrompt.__name__
    return Limited


def describes_otherwise(text: str, before: list[Character], now: list[Character]) -> tuple[str, list[str]]:
    """The prompt with changed descriptions put in place, and those for which there was no place."""
    lost: list[str] = []
    for old, new in zip(before, now, strict=False):
        was, becomes = (" ".join(who.description.split()) for who in (old, new))
        if was == becomes:
            continue
        if was not in text:
            lost.append(f"{new.name} now: {becomes}")
        text = text.replace(was, becomes)
    return text, lost
