"""The cue sheet: what of a film the sound follows. Equal sheets give equal sound."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from studio.sound.catalogue import read
from studio.sound.synth import RATE
from studio.story.brief import Brief, digest

FEELINGS = {
    "happy": (0.6, 0.2), "sad": (-0.7, -0.2), "angry": (-0.4, 0.5), "afraid": (-0.5, 0.3), "surprised": (0.1, 0.2),
    "tired": (-0.2, -0.3), "determined": (0.2, 0.3), "tender": (0.4, -0.2),
}  # fmt: skip
"""Feeling -> how bright and how lively it is (Russell 1980)."""


class Mood(BaseModel):
    """An entry of catalogue/moods.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    words: frozenset[str]


class Cue(BaseModel):
    """One shot on the film's time line, in frames of the film."""

    model_config = ConfigDict(frozen=True)

    shot: int
    brief: Brief
    start: int
    """Where frame 0 of the clip lies: a dissolve before the cut that leads to it."""
    frames: int


class Part(BaseModel):
    """A scene from cut to cut, in frames of the film."""

    model_config = ConfigDict(frozen=True)

    scene: int
    first: int
    last: int
    beat: str
    place: str
    time: str
    weather: str
    text: str
    """Summary and actions: the mood is read from it."""
    narration: str = ""
    spoken: tuple[int, int] = (0, 0)
    """The frames over which the narrator may speak."""
    cues: tuple[Cue, ...] = ()


class Sheet(BaseModel):
    """A film for the ear."""

    model_config = ConfigDict(frozen=True)

    title: str
    logline: str
    genre: str
    seed: int
    fps: float
    frames: int
    parts: tuple[Part, ...]

    @property
    def key(self) -> str:
        """sha256 (hex) of everything that can be heard."""
        data: dict[str, Any] = self.model_dump(mode="json", exclude={"parts": {"__all__": {"cues"}}})
        cues = [[(cue.brief.key, cue.start, cue.frames) for cue in part.cues] for part in self.parts]
        return digest([data, cues])

    @property
    def samples(self) -> int:
        """Length of the track, which is the film's to the sample."""
        return self.sample(self.frames)

    def sample(self, frame: float) -> int:
        """The sample at which a frame begins."""
        return round(frame * RATE / self.fps)

    @cached_property
    def tragic(self) -> bool:
        """Whether the film as a whole ends in sorrow, as far as its words tell."""
        words = set(_words(" ".join([self.title, self.logline, *(part.text for part in self.parts)])))
        moods = read("moods", Mood)
        grave, light = (len(words & moods[name].words) for name in ("grave", "light"))
        return self.genre not in ("comedy", "adventure") and grave >= 2 and grave > 1.5 * light


def mood(part: Part) -> tuple[float, float]:
    """(brightness, liveliness) of a scene, each -1 … 1, from the feelings and the doings that its text names."""
    from studio.previz.acting import FEELINGS as WORDS
    from studio.previz.acting import MOVING, VERBS

    words = _words(part.text)
    bright = lively = 0.0
    for feeling, known in WORDS.items():
        found = min(3, len(set(words) & set(known.split())))
        bright += found * FEELINGS[feeling][0] * 0.4
        lively += found * FEELINGS[feeling][1] * 0.4
    for activity in ("run", "fight", "jump", "fall", "dance", "ride", *MOVING):
        lively += 0.08 * len(set(words) & set(VERBS.get(activity, "").split()))
    bright -= 0.25 * (part.weather in ("storm", "rain", "fog")) + 0.15 * (part.time == "night")
    lively += 0.3 * (part.weather == "storm")
    return max(-1.0, min(1.0, bright)), max(-1.0, min(1.0, lively))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())
