"""What a film is called: its lead and whom it meets, or where it plays."""

from __future__ import annotations

import re
from typing import Any

from studio.llm._offline.reading import Entity

_SMALL = {"and", "of", "the", "a", "an", "in", "on", "at", "by", "under"}


def title(entities: list[Entity], people: list[dict[str, Any]], places: list[dict[str, Any]], at: str) -> str:
    """``The Fox and the Hedgehog``; of one alone ``The Tailor in the Village``, or the place's name of nobody.

    ``at`` is the first place with its preposition; a place that only repeats the lead's name is left out."""
    leads = [_called(entity, people) for entity in entities[:2]] or [p["name"] for p in people[:2]]
    leads = list(dict.fromkeys(leads))
    if len(leads) == 2:
        return _capitals(f"{leads[0]} and {leads[1]}")
    if not leads:
        return _capitals(places[0]["name"])
    repeated = set(_words(leads[0])) & set(_words(places[0]["name"]))
    return _capitals(leads[0] if repeated else f"{leads[0]} {at}")


def _called(entity: Entity, people: list[dict[str, Any]]) -> str:
    """Its name in the film; several of one kind go by their plural."""
    if entity.count > 1:
        return f"the {' '.join([*entity.adjectives, entity.noun])}"
    plain = entity.name or entity.plain
    known = (p["name"] for p in people if p["name"].removeprefix("the ").lower() == plain.lower())
    return next(known, entity.name or f"the {plain}")


def _words(name: str) -> list[str]:
    return [w for w in re.findall(r"[a-z]+", name.lower()) if w not in _SMALL]


def _capitals(text: str) -> str:
    words = text.split()
    return " ".join(w if w in _SMALL and n else w[:1].upper() + w[1:] for n, w in enumerate(words))


_COUNTED = re.compile(r"(beard|moustache|bun|bob|mohawk|topknot|tuft|ponytail)$")
_WHOLE = re.compile(r"(hair|pigtails|braids|curls|stubble)$")


def hair_said(hair: str) -> str:
    """``white beard`` -> ``with a white beard``; ``pigtails`` -> ``with pigtails``; ``short`` -> ``with short hair``."""
    if hair == "bald":
        return "bald"
    said = []
    for piece in re.split(r",\s*|\s+and\s+", hair):
        if _COUNTED.search(piece):
            said.append(f"{'an' if piece[0] in 'aeiou' else 'a'} {piece}")
        else:
            said.append(piece if _WHOLE.search(piece) else f"{piece} hair")
    return f"with {' and '.join(said)}"
