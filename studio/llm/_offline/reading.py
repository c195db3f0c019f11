"""Reading: who, what and where a text names, what they do, the hour, the weather, the genre."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from studio.llm._offline.grammar import (
    COUNTS,
    DETERMINERS,
    FOLK,
    GENRES,
    LANGUAGES,
    SLANG,
    STOP,
    TIMES,
    WEATHERS,
    Word,
    tokenize,
)  # fmt: skip
from studio.llm._offline.lexicon import Sense, foreign, sense, singular, words
from studio.llm._offline.phrases import compound, everybody, longest, modifiers
from studio.llm._offline.things import Thing, things


@dataclass
class Entity:
    """Somebody or somewhere that the text names."""

    noun: str
    sense: Sense
    adjectives: list[str] = field(default_factory=list)
    count: int = 1
    name: str = ""
    spans: list[tuple[int, int]] = field(default_factory=list)
    """Token ranges of its mentions, modifiers included."""

    @property
    def plain(self) -> str:
        return " ".join([*self.adjectives, singular(self.noun) if self.count > 1 else self.noun])


@dataclass
class Reading:
    """What a prompt says."""

    people: list[Entity]
    places: list[Entity]
    time: str
    weather: str
    genre: str
    things: list[Thing]
    tokens: list[Word]
    text: str
    language: str
    """English name of the language, where it is another."""


def read(text: str) -> Reading:
    """Read a prompt."""
    said = _spoken(text)
    spoken = " ".join(SLANG.sub(" ", said).split())
    language = _language(spoken)
    if language:
        little = LANGUAGES[language]
        spoken = " ".join(
            "the" if w.lower() in little else foreign().get(w.lower(), w)
            for w in re.findall(r"[\w'’-]+|[^\w\s]", spoken)
        )
    tokens = tokenize(spoken)
    entities, known = _entities(tokens)
    taken = {k for e in entities for a, b in e.spans for k in range(a, b)}
    low = spoken.lower()
    return Reading(
        [e for e in entities if e.sense.family in ("person", "creature")],
        [e for e in entities if e.sense.family == "place"],
        _matching(TIMES, low), _matching(WEATHERS, low), _matching(GENRES, said.lower()) or "drama",
        things(tokens, known, taken, bool(language)), tokens, spoken, language,
    )  # fmt: skip


def _matching(table: dict[str, str], text: str) -> str:
    return next((name for name, pattern in table.items() if re.search(rf"\b(?:{pattern})", text)), "")


def _spoken(text: str) -> str:
    """Emoji as the nouns of their Unicode names: a dog's face is a dog, a house with a garden is a house."""
    drop = re.compile(
        r"\b(face|symbol|sign|heavy|black|white|with|of|and|smiling|grinning|light|skin tone|variation|selector|sixteen)\b.*"
    )

    def name(ch: str) -> str:
        if unicodedata.category(ch) in ("Cf", "Mn", "Sk"):
            return ""
        said = unicodedata.name(ch, "").lower()
        short = drop.sub("", said).strip() or said.split()[-1] if said else ""
        return f" the {short} . " if short else " "

    return "".join(name(ch) if unicodedata.category(ch) in ("So", "Cf", "Sk") else ch for ch in text)


def _language(text: str) -> str:
    """The language where its little words outnumber the English ones."""
    found = re.findall(r"[^\W\d_]+", text.lower())
    score = {name: sum(w in little for w in found) for name, little in LANGUAGES.items()}
    best = max(score, key=lambda name: score[name])
    return best if best != "English" and score[best] > max(1, score["English"]) else ""


def _entities(tokens: list[Word]) -> tuple[list[Entity], list[tuple[int, int]]]:
    """People, creatures and places, and where (token, length) known things are named."""
    found: dict[str, Entity] = {}
    known: list[tuple[int, int]] = []
    n = 0
    while n < len(tokens):
        size, meaning = longest(tokens, n)
        if meaning is None and everybody(tokens, n):
            folk = FOLK[tokens[n + 1].low]
            everyone = found.setdefault(singular(folk), Entity(folk, Sense("person", "person"), count=3))
            everyone.spans.append((max(0, n - 1), n + 2))
        if meaning is None:
            named = _proper(tokens, n)
            if named:
                found.setdefault(named.noun, named).spans.append((n, n + 1))
            n += 1
            continue
        size, meaning = compound(tokens, n, size, meaning)
        if meaning.family == "thing":
            known.append((n, size))
        else:
            _mention(found, tokens, n, size, meaning)
        n += size
    merged: dict[str, Entity] = {}
    for entity in sorted(found.values(), key=lambda e: e.spans[0]):
        same = merged.setdefault(entity.name or f"{entity.noun}/{entity.spans[0]}", entity)
        if same is not entity:
            same.spans += entity.spans
    return list(merged.values()), known


def _mention(found: dict[str, Entity], tokens: list[Word], n: int, size: int, meaning: Sense) -> None:
    said = (t.low + "'s" * t.text.endswith(("'s", "’s")) for t in tokens[n : n + size - 1])
    noun = " ".join([*said, tokens[n + size - 1].low])
    if meaning.family == "place" and all(t.text[0].isupper() and not t.first for t in tokens[n : n + size]):
        noun = " ".join(t.text for t in tokens[n : n + size])
    adjectives, count, start = modifiers(tokens, n)
    name = _named(tokens, n + size)
    key = name.lower() or f"{singular(noun)}"
    same = found.get(key) or next((e for e in found.values() if singular(e.noun) == singular(noun)), None)
    if same is None or (adjectives and same.adjectives and adjectives != same.adjectives and _another(tokens, start)):
        plural = count == 1 and singular(tokens[n + size - 1].low) != tokens[n + size - 1].low
        count = 2 if plural and meaning.family != "place" else count
        # "a crowd of football fans": the crowd is how many, not who.
        if count == 2 and start >= 2 and tokens[start - 1].low == "of" and tokens[start - 2].low in COUNTS:
            count = 3
        entity = Entity(noun, meaning, adjectives, count, name)
        found[key if same is None else f"{key}/{n}"] = entity
    else:
        entity = same
    entity.spans.append((start, n + size))
    if name and not entity.name:
        entity.name = name


def _another(tokens: list[Word], start: int) -> bool:
    return start > 0 and tokens[start - 1].low in ("a", "an", "another")


def _named(tokens: list[Word], n: int) -> str:
    """A name that follows: 'a boy named Tom', 'her cat Mittens', 'the captain, Ada,'."""
    if n + 1 < len(tokens) and tokens[n].low in ("named", "called"):
        return tokens[n + 1].text
    if n + 2 < len(tokens) and tokens[n].text == "," and tokens[n + 2].text == "," and _is_name(tokens, n + 1):
        return tokens[n + 1].text
    return tokens[n].text if n < len(tokens) and _is_name(tokens, n) else ""


def _is_name(tokens: list[Word], n: int) -> bool:
    word = tokens[n]
    return word.text[0].isupper() and len(word.text) > 1 and not word.first and word.low not in STOP and (
        sense([word.low]) is None and not word.text.isupper()
    )  # fmt: skip


_PLACE_BEFORE = frozenset(
    ["in", "at", "near", "to", "from", "around", "across", "outside", "inside", "through", "towards"]
)


def _proper(tokens: list[Word], n: int) -> Entity | None:
    """A capitalised word that nothing explains: a place after 'in', a person where it acts."""
    word = tokens[n]
    if not word.text[0].isupper() or word.low in STOP or len(word.text) < 3 or not word.text.isalpha():
        return None
    before = tokens[n - 1].low if n else ""
    after = tokens[n + 1].low if n + 1 < len(tokens) else ""
    if not word.first and before in _PLACE_BEFORE and word.text[1:].islower():
        return Entity(word.text, Sense("place", "street", fallback=f"{word.text!r} is drawn as a street"))
    deed = re.fullmatch(r"[a-z]{2,}(s|ed)", after) is not None and after not in STOP
    told = deed and n + 2 < len(tokens) and tokens[n + 2].low in DETERMINERS  # 'Anna guards the bridge'
    acts = after in ("is", "was", "has", "had", "must", "can", "will", "and", "who") or told
    acts = acts or (deed and sense([after]) is None)
    if word.text[1:].islower() and (acts or (not word.first and before in ("and", "with", "by", ","))):
        return Entity(word.text, Sense("person", "person"), name=word.text)
    return None


def known_words() -> int:
    """How many nouns the lexicon knows."""
    from studio.llm._offline.lexicon import senses

    return len(senses()) + sum(len(forms) for forms in words()["foreign"].values())
