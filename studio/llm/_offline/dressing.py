"""Dressing: the prompt's things go into the hands of those who have them, and else onto the sets where they are named."""

from __future__ import annotations

import re
from typing import Any

from studio.llm._offline.looks import GARMENTS
from studio.llm._offline.reading import Entity, Reading
from studio.llm._offline.things import Thing, held
from studio.story.catalogue import entries

ROOM = 3
"""How many things a set has room for besides its own furniture."""
_SPECTACLES = ("glasses", "spectacles", "sunglasses", "goggles")


def hand_out(reading: Reading, people: list[dict[str, Any]]) -> None:
    """Give each of the ``people`` what the prompt names after them: garments to wear, and one thing to hold."""
    full: set[str] = set()
    for thing in reading.things:
        owner = _owner(thing, reading)
        who = next((p for p in people if owner is not None and p.get("_of") == reading.people.index(owner)), None)
        if who is None or who["kind"] not in entries("people"):
            continue
        look, phrase = who["look"], _phrase(thing)
        if thing.noun in _SPECTACLES:
            look["props"].append(phrase)
        elif thing.noun in GARMENTS:
            look["clothes"].insert(0, phrase)
        elif held(thing.kind) and who["id"] not in full:
            look["props"].insert(0, phrase)
            full.add(who["id"])
        else:
            continue
        if thing.noun not in who["description"]:
            who["description"] = _with(who["description"], thing)


def dress(
    things: list[Thing], people: list[dict[str, Any]], places: list[dict[str, Any]],
    planned: list[dict[str, Any]], fixed: frozenset[str],
) -> list[str]:  # fmt: skip
    """Stand what nobody has on the sets of the scenes that name it; returns what to admit.

    The places with ids in ``fixed`` stay as they are.
    """
    admitted, used = [], {scene["location"] for scene in planned}
    free = [place for place in places if place["id"] in used and place["id"] not in fixed]
    for thing in (t for t in things if t.kind):
        worn = [p for who in people for p in (*who["look"]["props"], *who["look"].get("clothes", []))]
        if _phrase(thing) in worn:
            admitted += [thing.fallback] if thing.noun not in (*GARMENTS, *_SPECTACLES) else []
            continue
        said = {scene["location"] for scene in planned if _names(scene, thing)}
        open_ = [place for place in free if len(place["look"]) < ROOM or thing.kind in place["look"]]
        chosen = [place for place in open_ if place["id"] in said] or open_[:1]
        for place in chosen:
            if thing.kind not in place["look"]:
                place["look"][thing.kind] = _phrase(thing)
                place["description"] = _with(place["description"], thing)
        admitted.append(thing.fallback if chosen else f"{thing.noun!r} is left out: no set has room for it")
    return [text for text in admitted if text]


def _owner(thing: Thing, reading: Reading) -> Entity | None:
    """Who was named last before the thing in its own sentence."""
    start = max((n for n in range(thing.at) if reading.tokens[n].text in ".!?…"), default=-1)
    before = [(b, n) for n, e in enumerate(reading.people) for a, b in e.spans if start < a and b <= thing.at]
    return reading.people[max(before)[1]] if before else None


def _phrase(thing: Thing) -> str:
    return thing.said.split(" ", 1)[1]


def _names(scene: dict[str, Any], thing: Thing) -> bool:
    return any(re.search(rf"\b{re.escape(thing.noun)}", shot["action"], re.I) for shot in scene["shots"])


def _with(description: str, thing: Thing) -> str:
    """The description with the thing added to it, without its colour: that is the look's to tell."""
    joint = " and" if ", with " in description else ", with"
    return f"{description.rstrip('.')}{joint} {'an' if thing.noun[0] in 'aeiou' else 'a'} {thing.noun}."
