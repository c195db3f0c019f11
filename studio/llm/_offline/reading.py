"""Reading: who, what and where a text names, with the words that describe them, the hour, the weather, the genre."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from studio.llm._offline.lexicon import Sense, sense

STOP = set(
    [
        "a",
        "an",
        "the",
        "his",
        "her",
        "its",
        "their",
        "my",
        "our",
        "your",
        "this",
        "that",
        "these",
        "those",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "some",
        "many",
        "several",
        "one",
        "each",
        "every",
        "another",
        "no",
        "and",
        "or",
        "but",
        "with",
        "of",
        "in",
        "on",
        "at",
        "to",
        "from",
        "by",
        "for",
        "into",
        "over",
        "under",
        "near",
        "inside",
        "through",
        "across",
        "who",
        "which",
        "while",
        "when",
        "where",
        "as",
        "then",
        "is",
        "are",
        "was",
        "were",
        "be",
        "has",
        "have",
        "had",
        "it",
        "they",
        "he",
        "she",
        "them",
        "him",
        "not",
        "very",
        "so",
        "all",
        "who's",
        "must",
        "can",
        "will",
        "would",
        "could",
        "should",
    ]
)
COUNTS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "both": 2,
    "several": 3,
    "many": 3,
    "crowd": 3,
}
TIMES = {
    "night": "night|midnight|moonl|sleeps|stars|nocturnal", "dusk": "dusk|sunset|evening|twilight", "dawn": "dawn|sunrise",
    "morning": "morning|breakfast", "afternoon": "afternoon|tea time", "noon": "noon|midday|lunch",
}  # fmt: skip
WEATHERS = {
    "storm": "storm|thunder|lightning|hurricane|tempest", "rain": "rain|drizzl|wet street|downpour",
    "snow": "snow|blizzard|frost|winter|arctic|ice", "fog": "fog|mist|haze", "wind": "wind|gale|breez",
    "cloudy": "cloud|overcast|grey sky",
}  # fmt: skip
GENRES = {
    "noir": "noir|detective|murder|gangster|private eye|femme fatale|mystery|crime|heist",
    "fairy-tale": "fairy|once upon|princess|prince|enchant|magic|witch|kingdom|gnome|elf",
    "documentary": "documentary|nature film|wildlife|day in the life|interview",
    "science-fiction": "robot|space|alien|planet|future|android|astronaut|cyber|starship|mars|galaxy|ai ",
    "comedy": "slapstick|comedy|funny|clumsy|banana|silly|prank|hilarious|accidentally|chaos",
    "horror": "horror|haunted|ghost|vampire|zombie|scary|nightmare|creepy",
    "western": "western|cowboy|sheriff|outlaw|saloon",
    "history": "ancient|medieval|roman|viking|king|queen|war|18\\d\\d|19\\d\\d|century|samurai|egypt|pharaoh",
    "romance": "love|romance|wedding|kiss|valentine", "fantasy": "dragon|wizard|fantasy|quest|unicorn|knight",
    "adventure": "treasure|pirate|expedition|explorer|jungle|adventure|journey|voyage",
}  # fmt: skip


@dataclass
class Entity:
    """Something that the text names."""

    noun: str
    sense: Sense
    adjectives: list[str] = field(default_factory=list)
    count: int = 1
    mentions: int = 1
    name: str = ""
    first: int = 0


@dataclass
class Reading:
    """What a prompt says."""

    people: list[Entity]
    places: list[Entity]
    time: str
    weather: str
    genre: str
    predicate: str
    """What happens, as the prompt's own verb phrase ('teaches a shy robot to garden on a rooftop')."""


def _matching(table: dict[str, str], text: str) -> str:
    return next((name for name, pattern in table.items() if re.search(rf"\b(?:{pattern})", text)), "")


def read(text: str) -> Reading:
    """Read a prompt."""
    low = text.lower()
    entities = _entities(_spoken(text))
    people = [e for e in entities if e.sense.family != "place"]
    places = [e for e in entities if e.sense.family == "place"]
    return Reading(
        people,
        places,
        _matching(TIMES, low),
        _matching(WEATHERS, low),
        _matching(GENRES, low) or "drama",
        _predicate(text, people),
    )


def _spoken(text: str) -> str:
    """Emoji as the words of their Unicode names: a dog's face is a dog."""
    names = [
        f" {unicodedata.name(ch, '').lower().replace(' face', '')} " if unicodedata.category(ch) == "So" else ch
        for ch in text
    ]
    return "".join(names)


def _entities(text: str) -> list[Entity]:
    found: dict[str, Entity] = {}
    words = re.findall(r"[A-Za-zÀ-ÿ'’-]+|[.,;:!?]", text)
    n = 0
    while n < len(words):
        size, meaning = _longest(words, n)
        if meaning is None:
            n += 1
            continue
        noun = " ".join(words[n : n + size]).lower()
        adjectives, count = _before(words, n)
        key = f"{meaning.family}/{meaning.kind}/{meaning.trade}"
        if key in found:
            found[key].mentions += 1
        else:
            found[key] = Entity(noun, meaning, adjectives, count, first=n, name=_named(words, n + size))
        n += size
    return sorted(found.values(), key=lambda e: e.first)


def _longest(words: list[str], n: int) -> tuple[int, Sense | None]:
    for size in (3, 2, 1):
        phrase = [w.lower() for w in words[n : n + size]]
        if len(phrase) == size and all(w[0].isalpha() for w in phrase) and phrase[0] not in STOP:
            meaning = sense(phrase)
            if meaning is not None and not (size == 1 and _is_verb(words, n)):
                return size, meaning
    return 1, None


def _is_verb(words: list[str], n: int) -> bool:
    """``waters the plants``, ``to garden``: a noun's form that acts as a verb here."""
    before = words[n - 1].lower() if n else ""
    after = words[n + 1].lower() if n + 1 < len(words) else ""
    word = words[n].lower()
    return before in ("to", "can", "must", "will") and after not in ("of",) and word in (
        "garden", "farm", "water", "field", "park", "fish", "cook", "guard", "dance", "play", "book", "train", "fly",
        "duck", "bear", "ship", "star", "sail", "bat", "judge", "model", "swallow",
    )  # fmt: skip


def _before(words: list[str], n: int) -> tuple[list[str], int]:
    adjectives: list[str] = []
    for k in range(n - 1, max(-1, n - 4), -1):
        word = words[k].lower()
        if word in COUNTS:
            return adjectives[::-1], COUNTS[word]
        if word in STOP or not word[0].isalpha() or word.endswith(("s", "ly")) or sense([word]) is not None:
            break
        adjectives.append(word)
    return adjectives[::-1], 1


def _named(words: list[str], n: int) -> str:
    if n + 1 < len(words) and words[n].lower() in ("named", "called"):
        return words[n + 1]
    if n < len(words) and words[n][0].isupper() and words[n][0].isalpha() and sense([words[n].lower()]) is None:
        return words[n] if words[n].lower() not in STOP else ""
    return ""


def _predicate(text: str, people: list[Entity]) -> str:
    first = re.split(r"(?<=[.!?])\s", text.strip())[0].rstrip(".!?")
    if people:
        at = first.lower().find(people[0].noun)
        rest = first[at + len(people[0].noun) :].strip(" ,") if at >= 0 else ""
        if len(rest.split()) >= 2 and rest.split()[0].lower() not in (
            "of",
            "in",
            "on",
            "and",
            "with",
            "named",
            "called",
        ):
            return rest
    return ""
