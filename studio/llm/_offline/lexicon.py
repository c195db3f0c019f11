"""The lexicon: nouns to the kinds, trades, places and things that the catalogue can draw."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from studio.story.catalogue import entries

IRREGULAR = {
    "mice": "mouse", "men": "man", "women": "woman", "children": "child", "wolves": "wolf", "geese": "goose",
    "people": "person", "townspeople": "townsperson", "townsfolk": "townsperson", "sheep": "sheep", "fish": "fish", "thieves": "thief", "knives": "knife", "leaves": "leaf",
    "elves": "elf", "dwarves": "dwarf", "oxen": "ox", "teeth": "tooth", "feet": "foot", "kids": "kid", "wives": "wife",
    "heroes": "hero", "housewives": "housewife", "loaves": "loaf", "policemen": "policeman", "firemen": "fireman",
    "fishermen": "fisherman", "snowmen": "snowman", "salesmen": "salesman", "gentlemen": "gentleman",
}  # fmt: skip
SUFFIXES = ("keeper", "maker", "monger", "wright", "man", "woman", "ist", "smith", "eer", "ess", "ician", "ologist",
            "ster", "herd", "trix")  # fmt: skip
"""Endings that make a person of any noun; a bare -er or -or must follow a verb's stem (see AGENTS)."""
AGENTS = ("teach", "train", "hunt", "paint", "sing", "danc", "bak", "farm", "driv", "rid", "runn", "swimm", "div",
          "climb", "build", "mak", "keep", "sell", "deal", "trad", "writ", "read", "play", "fight", "box", "wrestl",
          "juggl", "lead", "follow", "travel", "travell", "wander", "explor", "hik", "sweep", "clean", "work", "labor",
          "weav", "spinn", "carv", "sculpt", "design", "invent", "creat", "direct", "edit", "act", "visit", "conduct",
          "inspect", "protect", "collect", "narrat", "translat", "operat", "gambl", "smuggl", "murder", "kill", "rescu",
          "report", "photograph", "bik", "sail", "row", "surf", "ski", "skat", "jump", "drumm", "plumb", "print",
          "tailor", "garden", "ranch", "min", "mov", "carri", "strang", "settl", "rang", "examin", "danger-lov")  # fmt: skip
NOT_PEOPLE = {
    "mist", "fist", "list", "twist", "wrist", "gist", "best", "princess", "human", "woman", "man", "german", "roman",
    "darkness", "loneliness", "kindness", "business", "wilderness", "happiness", "dress", "chess", "mess", "guess",
    "press", "progress", "success", "address", "less", "unless", "monster", "poster", "cluster", "disaster", "master",
    "sister", "easter", "register", "roller-coaster", "career", "beer", "deer", "cheer", "peer", "steer", "sheer",
    "illness", "madness", "sadness", "silliness", "fitness", "witness", "excess", "process", "access", "fortress",
    "mattress", "wardrobe", "exist", "resist", "insist", "assist", "consist", "persist", "faster", "yester", "blister",
    "toaster", "lobster", "hamster", "rooster", "dumpster", "roadster", "booster", "shepherd", "overheard", "wellness",
    "likeness", "sickness", "weakness", "forgiveness", "awareness", "heist", "stillness", "harness", "reader", "player", "maker",
}  # fmt: skip
"""Words with a person's ending that name none (or are known by themselves)."""


@dataclass(frozen=True)
class Sense:
    """What a noun means: family ``person``, ``creature``, ``place`` or ``thing``; how it is drawn; what to admit."""

    family: str
    kind: str
    trade: str = ""
    fallback: str = ""


@cache
def words() -> dict[str, dict[str, list[str]]]:
    """The lexicon's own file."""
    data: dict[str, dict[str, list[str]]] = tomllib.loads(
        (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    )
    return data


@cache
def foreign() -> dict[str, str]:
    """Word of another language -> English."""
    return {word: english for english, forms in words()["foreign"].items() for word in forms}


def singular(word: str) -> str:
    """The singular of an English noun, by rule."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "oes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


@cache
def senses() -> dict[str, Sense]:
    """Noun or noun phrase -> what it means. The catalogue's own words win over what the lexicon adds."""
    found: dict[str, Sense] = {word: Sense("thing", "") for word in words()["things"]["words"]}
    for kind, entry in {**entries("props"), **entries("things")}.items():
        drawn = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind.replace('-', ' ')}"
        admit = {word: f"{word!r} is drawn as {drawn}" for word in entry.get("near", ())}
        found.update({word: Sense("thing", kind, fallback=admit.get(word, "")) for word in (*entry["words"], *admit)})
    trades: dict[str, Any] = entries("trades")
    for kind, nouns in words()["cities"].items():
        found.update({noun: Sense("place", kind) for noun in nouns})
    for kind, nouns in words()["places"].items():
        found.update({noun: Sense("place", kind) for noun in nouns})
    for trade, nouns in words()["people"].items():
        found.update({noun: Sense("person", "person", trade if trade in trades else "") for noun in nouns})
    for kind, nouns in words()["kinds"].items():
        found.update({noun: Sense("person", kind, fallback=_nearest(noun, kind)) for noun in nouns})
    for kind, nouns in words()["creatures"].items():
        found.update({noun: Sense("creature", kind, fallback=_nearest(noun, kind)) for noun in nouns})
    for family, name in (("place", "places"), ("person", "people")):
        found.update({word: Sense(family, kind) for kind, entry in entries(name).items() for word in entry["words"]})
    found.update({w: Sense("person", "person", trade) for trade, entry in trades.items() for w in entry["words"]})
    found.update({w: Sense("creature", kind) for kind, entry in entries("creatures").items() for w in entry["words"]})
    return {
        **found,
        **{w: Sense("thing", "") for w in ("star", "tide", "model", "sweep", "fly", "air", "deep", "thing")},
    }


def _nearest(noun: str, kind: str) -> str:
    """What to admit where a noun is drawn as another kind; breeds and synonyms of a kind need no excuse."""
    own = ("dog", "cat", "fish", "bear", "horse", "mouse", "penguin", "duck", "whale", "ghost", "goat", "pig", "rabbit")
    return "" if kind in own else f"{noun!r} is drawn as a {kind}"


def sense(phrase: list[str]) -> Sense | None:
    """The meaning of a noun phrase of one to three lower-case words, the last made singular."""
    known = senses().get(" ".join([*phrase[:-1], singular(phrase[-1])])) or senses().get(" ".join(phrase))
    if known or len(phrase) > 1:
        return known
    word = singular(phrase[0])
    if "-" in word and (part := sense([word.rsplit("-", 1)[1]])) and part.family in ("person", "creature"):
        return part
    if word in NOT_PEOPLE or len(word) < 5:
        return None
    stem = word[:-2] if word.endswith(("er", "or")) else ""
    if word.endswith(SUFFIXES) or (stem and stem in AGENTS):
        return Sense("person", "person", "")
    return None
