"""The lexicon: English nouns to the kinds, trades and places of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from studio.story.catalogue import entries

IRREGULAR = {
    "mice": "mouse", "men": "man", "women": "woman", "children": "child", "wolves": "wolf", "geese": "goose",
    "people": "person", "sheep": "sheep", "fish": "fish", "thieves": "thief", "knives": "knife", "leaves": "leaf",
    "elves": "elf", "dwarves": "dwarf", "oxen": "ox", "teeth": "tooth", "feet": "foot", "kids": "kid", "wives": "wife",
}  # fmt: skip
NEAREST: dict[str, tuple[str, ...]] = {
    "dog": ("puppy", "hound", "jackal", "dingo", "coyote"),
    "cat": ("kitten", "lynx", "panther", "cheetah", "leopard"),
    "bear": ("panda", "koala", "sloth", "wombat"),
    "rabbit": ("hare", "bunny", "quokka", "kangaroo"),
    "mouse": ("rat", "hamster", "gerbil", "mole", "shrew"),
    "whale": ("orca", "narwhal", "kraken", "leviathan"),
    "crow": ("raven", "magpie", "bird", "starling", "robin"),
    "horse": ("pony", "stallion", "mare", "zebra", "foal"),
    "goldfish": ("fish", "salmon", "trout", "clownfish"),
    "robot": ("machine", "computer", "satellite", "rover", "drone", "ai"),
}
"""Kind -> nouns that are drawn as it; said in the fallbacks."""
SUFFIXES = ("keeper", "maker", "man", "woman", "ist", "smith", "er", "or", "eer", "ess", "ian", "ant")
NOT_PEOPLE = {
    "water", "summer", "winter", "paper", "letter", "river", "number", "corner", "flower", "silver", "finger", "dinner",
    "weather", "computer", "power", "other", "never", "ever", "over", "under", "after", "order", "door",
    "floor", "mirror", "colour", "color", "error", "list", "mist", "fist", "twist", "together", "another", "whether",
    "rather", "matter", "shelter", "laughter", "answer", "monster", "tower", "thunder", "feather", "ladder", "remember",
    "discover", "her", "per", "for", "or", "border", "danger", "hunger", "anger", "wonder", "counter", "center",
    "theater", "poor", "human", "giant", "plant", "restaurant", "important", "elegant", "distant", "less", "darkness",
    "loneliness", "kindness", "business", "wilderness", "happiness", "princess", "dress", "chess", "mess", "guess",
    "best", "last", "older", "younger", "better", "bigger", "smaller", "deeper", "louder", "final", "outer", "inner",
    "helicopter", "poster", "chapter", "quarter", "butter", "sugar", "timer", "meter", "fever", "lover's",
    "master's", "fewer", "later", "sooner", "former", "latter", "upper", "lower", "proper", "clever", "bitter", "sober",
}  # fmt: skip


@dataclass(frozen=True)
class Sense:
    """What a noun means: a figure of ``kind`` (people with a ``trade``), or a place."""

    family: str
    kind: str
    trade: str = ""
    fallback: str = ""


def singular(word: str) -> str:
    """The singular of an English noun, by rule."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "oes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def _entries(name: str) -> dict[str, dict]:  # type: ignore[type-arg]
    try:
        return entries(name)
    except FileNotFoundError:
        return {}


@cache
def senses() -> dict[str, Sense]:
    """Noun or noun phrase -> what it means. Creatures win over places, trades over generic people."""
    found: dict[str, Sense] = {}
    for kind, entry in _entries("places").items():
        for word in entry["words"]:
            found[word] = Sense("place", kind)
    for kind, entry in _entries("people").items():
        for word in entry["words"]:
            found[word] = Sense("person", kind)
    for trade, entry in _entries("trades").items():
        for word in entry["words"]:
            found[word] = Sense("person", "person", trade)
    creatures = _entries("creatures")
    for kind, entry in creatures.items():
        for word in entry["words"]:
            found[word] = Sense("creature", kind)
    for kind, words in NEAREST.items():
        for word in words:
            if word not in found and (kind in creatures or kind == "robot"):
                family = "creature" if kind in creatures else "person"
                found[word] = Sense(family, kind, fallback=f"{word!r} is drawn as a {kind}")
    return found


def sense(words: list[str]) -> Sense | None:
    """The meaning of a noun phrase of one to three words, the last made singular."""
    phrase = " ".join([*words[:-1], singular(words[-1])])
    known = senses().get(phrase) or senses().get(" ".join(words))
    if known or len(words) > 1:
        return known
    word = singular(words[0])
    if word not in NOT_PEOPLE and len(word) > 4 and word.endswith(SUFFIXES):
        return Sense("person", "person", word)
    return None
