"""What the director knows when it directs a shot, as a short text, and that text as tokens.

Words are hashed into a fixed number of buckets (crc32), so that every prompt has tokens without a vocabulary file.
Facts that film grammar turns on are words such as `beat:crisis` or `ago1:close`, each with a token of its own.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field

from studio.policy.grammar import ACTIONS, action_of
from studio.story.direction import SLOTS
from studio.story.document import BEATS, GENRES, TIMES, WEATHERS

PAD, BOS, SEP, FORCED = range(4)
FIRST_ACTION = 4
BUCKETS = 1024

NOTE_WORDS: dict[str, tuple[str, ...]] = {
    "closer": ("too small", "subject", "closer"),
    "wider": ("too large", "cut off", "wider"),
    "place": ("place", "location"),
    "identity": ("character", "identity", "recognised"),
    "dark": ("dark", "black", "underexposed", "exposure"),
    "bright": ("bright", "overexposed"),
    "flat": ("contrast", "flat"),
    "soft": ("sharpness", "blurred", "soft"),
    "frozen": ("frozen", "still", "motion"),
    "flicker": ("flicker", "jitter"),
    "repeats": ("coverage", "set-up", "repeats"),
}
"""What a note of the critic or a person is about -> words that say so. The state carries it as `note:dark`."""

MOVEMENT = ("walk", "run", "chase", "ride", "fly", "flies", "swim", "hurr", "march", "sail", "drive", "climb", "dance")
"""Beginnings of words that say that somebody goes somewhere: `moving:1`."""

_FACTS: dict[str, Iterable[object]] = {
    **{f"ago{back}": [value for _, value in ACTIONS] for back in (1, 2, 3)},
    "genre": GENRES,
    "time": TIMES,
    "weather": WEATHERS,
    "beat": BEATS,
    "shot": ("first", "middle", "last"),
    "scene": range(1, 13),
    "scenes": range(1, 13),
    "take": range(1, 5),
    "characters": range(4),
    "indoors": (0, 1),
    "speaking": (0, 1),
    "reward": range(11),
    "moving": (0, 1),
    "note": NOTE_WORDS,
}
FIRST_FACT = FIRST_ACTION + len(ACTIONS)
FACTS = {
    f"{kind}:{one}": FIRST_FACT + n for n, (kind, one) in enumerate((k, v) for k, vs in _FACTS.items() for v in vs)
}
FIRST_WORD = FIRST_FACT + len(FACTS)
VOCABULARY = FIRST_WORD + BUCKETS
MAX_WORDS = 176
CONTEXT = MAX_WORDS + 2 * len(SLOTS) + 3
"""Tokens of the longest sequence: begin, words, mark and forced slots, separator, response."""

_WORD = re.compile(r"[\w:+.\-]*\w", re.UNICODE)


class Situation(BaseModel):
    """All that the director may know about a shot before it is filmed."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = ""
    genre: str = "drama"
    beat: str = "setup"
    scene: int = 1
    scenes: int = 1
    shot: int = 1
    shots: int = 1
    take: int = 1
    time_of_day: str = "noon"
    weather: str = "clear"
    indoors: bool = False
    characters: int = 1
    speaking: bool = False
    action: str = ""
    continuity: list[str] = Field(default_factory=list, description="facts, newest last")
    notes: list[str] = Field(default_factory=list, description="the critic's and people's notes on the last take")
    rewards: list[float] = Field(default_factory=list, description="of the latest takes, newest last, 0 to 1")
    recent: list[dict[str, str]] = Field(default_factory=list, description="directions of the latest circle takes")

    def text(self) -> str:
        """One line for each kind of fact; the most telling ones come last, nearest to the answer."""
        place = "first" if self.shot == 1 else "last" if self.shot == self.shots else "middle"
        crowd = min(self.characters, 3)
        lines = [
            f"prompt {_clip(self.prompt, 24)}",
            f"continuity {_clip(' '.join(self.continuity[-3:]), 30)}",
            f"action {_clip(self.action, 24)}",
            f"notes {_clip(' '.join(self.notes), 30)}",
            " ".join(f"note:{topic}" for topic in self.topics),
            "rewards " + " ".join(f"reward:{round(reward * 10)}" for reward in self.rewards[-3:]),
            *(_recent(back, one) for back, one in zip((3, 2, 1), _padded(self.recent), strict=True) if one),
            f"genre:{self.genre} time:{self.time_of_day} weather:{self.weather} indoors:{int(self.indoors)}",
            f"scene:{min(self.scene, 12)} scenes:{min(self.scenes, 12)} take:{min(self.take, 4)}",
            f"beat:{self.beat} shot:{place} characters:{crowd} speaking:{int(self.speaking)} moving:{int(self.moving)}",
        ]
        return "\n".join(line for line in lines if line)

    @property
    def topics(self) -> list[str]:
        """What the notes are about: keys of NOTE_WORDS."""
        notes = " ".join(self.notes).lower()
        return [topic for topic, words in NOTE_WORDS.items() if any(word in notes for word in words)]

    @property
    def moving(self) -> bool:
        """Whether the action goes somewhere."""
        return any(word.startswith(MOVEMENT) for word in _WORD.findall(self.action.lower()))


def _clip(text: str, words: int) -> str:
    return " ".join(text.split()[:words])


def _padded(recent: list[dict[str, str]]) -> list[dict[str, str]]:
    return ([{}, {}, {}] + recent)[-3:]


def _recent(back: int, direction: Mapping[str, str]) -> str:
    """The direction ``back`` shots ago, each word marked with how far back it is."""
    return " ".join(f"ago{back}:{direction[slot]}" for slot in SLOTS if slot in direction)


def words_of(text: str) -> list[str]:
    """The text's words in lower case, at most MAX_WORDS: from a longer text its beginning and its end."""
    words = _WORD.findall(text.lower())
    if len(words) <= MAX_WORDS:
        return words
    half = MAX_WORDS // 2
    return words[:half] + words[-(MAX_WORDS - half) :]


def word_token(word: str) -> int:
    """The token of a fact, or the bucket of a word."""
    if word in FACTS:
        return FACTS[word]
    return FIRST_WORD + zlib.crc32(word.encode()) % BUCKETS


def action_token(slot: str, value: str) -> int:
    """The token of one slot's value."""
    return FIRST_ACTION + action_of(slot, value)


def encode(state: str, forced: Mapping[str, str]) -> list[int]:
    """Tokens of the query: begin, the state's words, what is forced (so that it is known from the start), separator."""
    fixed = [action_token(slot, forced[slot]) for slot in SLOTS if slot in forced]
    return [BOS, *map(word_token, words_of(state)), FORCED, *fixed, SEP]
