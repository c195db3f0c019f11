"""Planning: from a reading to a creative document with set-up, turn, crisis and resolution."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np

from studio.llm._offline import games
from studio.llm._offline.clauses import Event, events
from studio.llm._offline.dressing import dress, hand_out
from studio.llm._offline.lexicon import Sense, singular
from studio.llm._offline.reading import Entity, Reading, read
from studio.llm._offline.scenes import at_place, scenes
from studio.llm._offline.story import BEATS, ELSEWHERE
from studio.llm._offline.titles import hair_said, title
from studio.story.catalogue import entries

HAIRS = (
    "short brown",
    "long black",
    "curly red",
    "grey bun",
    "blond ponytail",
    "short black",
    "wavy auburn",
    "white short",
)
TOPS = ("teal sweater", "mustard coat", "crimson jacket", "navy coat", "olive shirt", "plum cardigan", "orange hoodie")
AGES = {
    "child": "baby|grand(?:son|daughter|child|kid)", "old": "old|elderly|retired|ancient|aged|grand",
    "teen": "teenage|teen", "young": "young",
}  # fmt: skip
SMALL = re.compile(r"\b(?:little|tiny|small|mini|miniature)\b")
"""Makes a child of somebody of whom nothing else tells the age."""
BUILDS = {
    **{build: build for build in ("slim", "sturdy", "heavy", "tall", "short", "tiny", "giant")},
    "mini": "tiny", "miniature": "tiny", "huge": "giant", "enormous": "giant", "gigantic": "giant", "colossal": "giant",
}  # fmt: skip
"""Adjective -> build."""


HOMES = {
    "fairy-tale": "village", "fantasy": "village", "history": "village", "western": "village", "adventure": "forest",
    "science-fiction": "spaceship",
}  # fmt: skip
"""Where a film of each genre plays when neither places nor people say; a street elsewhere."""
PETS = frozenset(("cat", "dog", "hamster", "mouse", "parrot", "fish"))
"""Animals that live with people."""


def _slug(text: str, taken: set[str]) -> str:
    base = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:50].strip("-") or "one"
    name, n = base, 1
    while name in taken:
        n += 1
        name = f"{base}-{n}"
    taken.add(name)
    return name


def _rng(*parts: object) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:8]))


def _article(phrase: str) -> str:
    return f"{'an' if phrase[0].lower() in 'aeiou' else 'a'} {phrase}"


def _characters(reading: Reading, told: dict[str, Any], fallbacks: list[str]) -> list[dict[str, Any]]:
    taken: set[str] = set()
    found: list[dict[str, Any]] = []
    for entity in reading.people:
        for n in range(min(entity.count, 3)):
            if len(found) < told["max_characters"]:
                found.append({**_character(entity, n, taken, told), "_of": reading.people.index(entity)})
        if entity.sense.fallback:
            fallbacks.append(entity.sense.fallback)
    return found


def _age(plain: str, entity: Entity, trade: dict[str, Any]) -> str:
    """What the phrase says of somebody's age; else what their trade does."""
    told = next((age for age, pattern in AGES.items() if re.search(rf"\b(?:{pattern})", plain)), "")
    if told == "young" and entity.sense.family != "person":
        return "child"
    if told == "young" and trade.get("age") in ("child", "baby", "teen"):
        return str(trade["age"])  # a young girl is no grown-up
    if not told and "age" not in trade and SMALL.search(plain):
        return "child"
    return told or str(trade.get("age", "adult"))


def _character(entity: Entity, n: int, taken: set[str], told: dict[str, Any]) -> dict[str, Any]:
    noun = singular(entity.noun) if entity.count > 1 else entity.noun
    plain = " ".join([*entity.adjectives, noun])
    id = _slug(entity.name or plain, taken)
    rng = _rng(told["prompt"], told["seed"], id)
    trade = entries("trades").get(entity.sense.trade, {}) if entity.sense.family == "person" else {}
    look: dict[str, Any] = {"age": _age(plain, entity, trade), "build": "average", "props": [], "colours": {}}
    if entity.sense.family == "person":
        kind = entries("people").get(entity.sense.kind, {})
        look["gender"] = trade.get("gender", "")
        look["hair"] = trade.get("hair") or kind.get("hair") or str(rng.choice(HAIRS))
        look["clothes"] = list(trade.get("clothes", [])) or (
            [] if entity.sense.kind != "person" else [str(rng.choice(TOPS)), "dark trousers"]
        )
        if trade.get("hat"):
            look["clothes"].append(trade["hat"])
        look["props"] = list(trade.get("props", []))
    look["build"] = next((build for word, build in BUILDS.items() if word in plain.split()[:-1]), "average")
    ordinal = "" if entity.count == 1 else ("first ", "second ", "third ")[n]
    name = (entity.name if not ordinal else "") or f"the {ordinal}{plain}"
    plain = plain if entity.name != entity.noun else "person"
    worn = f" in {look['clothes'][0]}" if look.get("clothes") else ""
    description = f"{_article(plain).capitalize()}{worn}" + (
        f", {hair_said(look['hair'])}." if look.get("hair") and entity.sense.family == "person" else "."
    )
    return {"id": id, "name": name, "kind": entity.sense.kind, "description": description, "look": look}


def _locations(reading: Reading, told: dict[str, Any], fallbacks: list[str]) -> list[dict[str, Any]]:
    taken: set[str] = set()
    places = list(reading.places)
    fallbacks += [p.sense.fallback for p in places if p.sense.fallback]
    if not places:
        usual = "room" if games.played(told["prompt"]) else HOMES.get(reading.genre, "street")
        home = next((_home(e) for e in reading.people if _home(e)), usual)
        places = [Entity(home, Sense("place", home))]
    for kind in ELSEWHERE.get(places[0].sense.kind, ("field", "street")):
        if len(places) < min(3, told["max_locations"]) and all(p.sense.kind != kind for p in places):
            places.append(Entity(kind, Sense("place", kind)))
    found = []
    for place in places[: told["max_locations"]]:
        plain = " ".join([*place.adjectives, place.noun])
        proper = place.noun[:1].isupper()
        mood = f"{reading.time or 'day'}light" if reading.time in ("", "day") else f"{reading.time} light"
        description = f"{place.noun}, a {place.sense.kind}." if proper else f"{_article(plain).capitalize()} in {mood}."
        found.append(
            {
                "id": _slug(plain, taken),
                "name": plain if proper else f"the {plain}",
                "kind": place.sense.kind,
                "description": description,
                "look": {},
            }
        )
    return found


def _stage(told: dict[str, Any], places: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Where the scenes inside a game play; None without any, or where no more places may be."""
    if not any(games.kinds(told["prompt"], int(told["scenes"]))) or told["max_locations"] < 2:
        return None
    del places[told["max_locations"] - 1 :]
    stage = games.level(told["prompt"])
    return None if any(place["id"] == stage["id"] for place in places) else stage


def _used(place: dict[str, Any], planned: list[dict[str, Any]], stage: dict[str, Any] | None) -> bool:
    """Whether a scene plays there; a film without a game keeps its places as they are."""
    return stage is None or any(scene["location"] == place["id"] for scene in planned)


def _home(entity: Entity) -> str:
    """Where somebody belongs when the prompt names no place."""
    creature = _creature(entity.sense.kind)
    if entity.sense.kind in PETS:
        return "street"
    medium = creature.get("medium", "")
    if medium:
        return {"water": "sea", "air": "sky"}.get(medium, "forest")
    return {
        "robot": "workshop", "astronaut": "space", "ghost": "graveyard", "alien": "planet", "knight": "castle",
        "witch": "forest", "wizard": "castle", "mermaid": "underwater", "snowman": "snowfield", "clown": "park",
    }.get(entity.sense.kind) or {
        "chef": "kitchen", "teacher": "school", "doctor": "hospital", "scientist": "laboratory", "pirate": "ship",
        "farmer": "farm", "king": "castle", "queen": "castle", "detective": "street", "keeper": "lighthouse",
        "librarian": "library", "mechanic": "workshop", "fisher": "harbour", "gardener": "garden", "baker": "kitchen",
    }.get(entity.sense.trade, "")  # fmt: skip


def _creature(kind: str) -> dict[str, Any]:
    try:
        return dict(entries("creatures").get(kind, {}))
    except FileNotFoundError:
        return {}


def plan(told: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A creative document (as plain data) and what was drawn as the nearest kind."""
    reading = read(told["prompt"][:10000])
    fallbacks: list[str] = []
    if reading.language:
        fallbacks.append(
            f"the prompt is read as {reading.language} with a small dictionary; the story is told in English"
        )
    people = _characters(reading, told, fallbacks)
    hand_out(reading, people)
    places = _locations(reading, told, fallbacks)
    kept: list[dict[str, Any]] = []
    if told.get("bible"):
        kept = told["bible"]["locations"]
        people, places = _reuse(people, told["bible"]["characters"]), _reuse(places, told["bible"]["locations"])
    stage = _stage(told, places)
    casting, rng = _casting(reading, people), _rng(told["prompt"], told["seed"])
    planned = scenes(told, reading, casting, people, places, rng, stage)
    fixed = frozenset(place["id"] for place in [*kept, *([stage] if stage else [])])
    fallbacks += dress(reading.things, people, places, planned, fixed)
    places = [place for place in [*places, *([stage] if stage else [])] if _used(place, planned, stage)]
    arc = [
        {"beat": beat, "text": " ".join(s["summary"] for s in planned if s["_beat"] == beat)}
        for beat in BEATS
        if any(s["_beat"] == beat for s in planned)
    ]
    for scene in planned:
        scene.pop("_beat")
    return {
        "title": title(reading.people, people, places, at_place(places[0])), "logline": _logline(told["prompt"]), "genre": reading.genre,
        "style": f"cut-paper {reading.genre.replace('-', ' ')}", "arc": arc, "characters": people,
        "locations": places, "scenes": planned,
    }, list(dict.fromkeys(fallbacks))  # fmt: skip


def _casting(reading: Reading, people: list[dict[str, Any]]) -> list[tuple[Event, list[str]]]:
    """The prompt's events with the ids of the characters that play in them; events of nobody cast are left out."""
    ids = {id(entity): [p["id"] for p in people if p.get("_of") == n] for n, entity in enumerate(reading.people)}
    for person in people:
        person.pop("_of", None)
    found = [(event, [i for e in event.cast for i in ids.get(id(e), [])[:2]]) for event in events(reading)]
    return [(event, cast) for event, cast in found if cast or not people]


def _logline(prompt: str) -> str:
    """The prompt's first sentences, as far as 220 characters go."""
    said = " ".join(prompt.split())
    if len(said) <= 220:
        return said
    cut = said[:220]
    stop = max(cut.rfind(". "), cut.rfind("! "), cut.rfind("? "))
    return cut[: stop + 1] if stop > 40 else cut[: cut.rfind(" ")] + "…"


def _reuse(fresh: list[dict[str, Any]], kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What an earlier production knows by the same name or kind stays as it was."""
    result, left = [], list(kept)
    for one in fresh:
        same = next((k for k in left if k["id"] == one["id"] or k["name"] == one["name"]), None)
        same = same or next((k for k in left if k["kind"] == one["kind"] and one["kind"] != "person"), None)
        if same:
            left.remove(same)
        result.append(same or one)
    ids = [r["id"] for r in result]
    return [r for n, r in enumerate(result) if r["id"] not in ids[:n]] or kept[:3]
