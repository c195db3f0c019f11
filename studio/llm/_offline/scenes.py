"""Scenes: the prompt's own events in their order, with what must lie between them, cut into shots."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.llm._offline.clauses import Event, goal
from studio.llm._offline.games import kinds
from studio.llm._offline.reading import Reading
from studio.llm._offline.story import BEATS, Teller, opening
from studio.llm._offline.things import held
from studio.story.catalogue import entries

DAY = ("morning", "noon", "afternoon", "dusk", "night", "dawn")
AIR = {
    "clear": "the dust", "cloudy": "the cloud", "rain": "the rain", "storm": "the storm", "snow": "the snow",
    "fog": "the fog", "wind": "the wind",
}  # fmt: skip
SECONDS = (3.0, 3.4, 3.8)
"""Lengths of shots; one with dialogue takes the longest."""
Cast = list[tuple[Event, list[str]]]


def scenes(
    told: dict[str, Any], reading: Reading, happens: Cast, people: list[dict[str, Any]],
    places: list[dict[str, Any]], rng: np.random.Generator, stage: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """``told["scenes"]`` scenes of one to three shots with set-up, turn, crisis and resolution; those inside a game play at ``stage``,
    which is no place of the others."""
    total = int(told["scenes"])
    things = [thing.said for thing in reading.things]
    animals = frozenset(p["name"] for p in people if p["kind"] in entries("creatures"))
    teller = Teller(rng, reading.genre, {"thing": things[0] if things else "", "goal": goal(reading)}, animals)
    teller.heavy = frozenset(thing.said for thing in reading.things if thing.kind and not held(thing.kind))
    when = _when(len(happens), total)
    names = {p["id"]: p["name"] for p in people}
    set_in = kinds(told["prompt"], total)
    planned = []
    for n in range(total):
        mine = [happens[k] for k, at in enumerate(when) if at == n]
        if things:
            teller.values["thing"] = things[n % len(things)]
        where = [stage] if stage and set_in[n] else places
        planned.append(_scene(n, total, reading, mine, people, where, names, teller, set_in[n]))
    return planned


def _when(count: int, total: int) -> list[int]:
    """The scene in which each of the prompt's events happens: in order, spread from the first scenes to the last."""
    if total < 3:
        return [min(total - 1, k * total // max(1, count)) for k in range(count)]
    if count == 1:
        return [1]
    return [round(k * (total - 2) / (count - 1)) for k in range(count)]


def _scene(
    n: int, total: int, reading: Reading, happens: Cast, people: list[dict[str, Any]], places: list[dict[str, Any]],
    names: dict[str, str], teller: Teller, kind: str,
) -> dict[str, Any]:  # fmt: skip
    beat = BEATS[min(3, n * 4 // total)] if total > 1 else "setup"
    place = _where(n, total, happens, places)
    time, weather = _hour(reading, n, total), _weather(reading, beat, n, total)
    cast = _who(n, total, happens, people)
    other = places[(places.index(place) + 1) % len(places)]
    light = "evening" if time == "dusk" else "early" if time == "dawn" else time
    here = {
        "p": place["name"], "at": at_place(place), "P": place["name"][0].upper() + place["name"][1:], "q": other["name"], "light": light,
        "air": AIR[weather], "Air": AIR[weather].capitalize(),
        "light_said": time if time in ("dawn", "dusk", "noon", "night") else f"the {time}",
    }  # fmt: skip
    shots = _shots(n, total, beat, cast, happens, names, here, teller, kind)
    facts = [f"{names[id][0].upper()}{names[id][1:]} has been at {place['name']}." for id in cast[:2]]
    return {
        "number": n + 1, "title": _titled(place, time), "summary": shots[-1]["action"], "kind": kind, "location": place["id"],
        "characters": cast, "time_of_day": time, "weather": weather, "facts": facts,
        "narration": f"{opening(here)} {shots[0]['action']}", "shots": shots, "_beat": beat,
    }  # fmt: skip


def _titled(place: dict[str, Any], time: str) -> str:
    """A slug line: where and when."""
    name = place["name"].removeprefix("the ")
    return f"{name[0].upper()}{name[1:]}, {time}"


def _where(n: int, total: int, happens: Cast, places: list[dict[str, Any]]) -> dict[str, Any]:
    """Where the scene's own event says; else around the places, the first at both ends."""
    for event, _ in happens:
        if event.place is not None:
            said = event.place.plain.lower()
            named = next((p for p in places if p["name"].lower().removeprefix("the ") == said), None)
            if named:
                return named
    return places[0] if n in (0, total - 1) else places[n % len(places)]


def _who(n: int, total: int, happens: Cast, people: list[dict[str, Any]]) -> list[str]:
    """Those whom the scene's events name, the lead and whoever's turn it is; at most four."""
    ids = [p["id"] for p in people]
    named = [id for _, cast in happens for id in cast]
    if not ids:
        return []
    if n == 0 and not named and len(ids) > 1 and total > 2:
        return ids[:1]
    turn = [ids[1 + (n + k) % (len(ids) - 1)] for k in range(min(2, len(ids) - 1))] if len(ids) > 1 else []
    return list(dict.fromkeys([*named, ids[0], *turn]))[:4]


def _shots(
    n: int, total: int, beat: str, cast: list[str], happens: Cast, names: dict[str, str], here: dict[str, str],
    teller: Teller, kind: str,
) -> list[dict[str, Any]]:  # fmt: skip
    count = max(2 if total > 2 else 3, min(3, len(happens) + 1))
    shots: list[dict[str, Any]] = []
    events = list(happens)
    for k in range(count):
        own = events and (k > 0 or n > 0 or count - k <= len(events))
        if own and (k > 0 or len(events) >= count):
            event, players = events.pop(0)
            in_frame = [id for id in players if id in cast][:3] or cast[:1]
            action = _own(event, names[players[0]] if players else "")
        else:
            in_frame = cast[:2] if (n + k) % 3 and not kind else cast[:1]
            action = teller.tell(beat, [names[id] for id in in_frame], here, game=bool(kind))
            in_frame = [id for id in in_frame if names[id].lower() in action.lower()] or in_frame[:1]
        shots.append(_shot(k, action, in_frame))
    _speak(shots, beat, n, cast, names, here, teller)
    return shots


def _own(event: Event, name: str) -> str:
    said = f"{event.subject or name} {event.says.rstrip(' ,.')}".strip()
    return f"{said[0].upper()}{said[1:]}."


def _shot(k: int, action: str, in_frame: list[str]) -> dict[str, Any]:
    """A shot whose size alone the plan may fix: the first of a scene shows where we are, others are left open."""
    fixed = {"shot_size": "wide"} if k == 0 else {}
    return {
        "number": k + 1, "action": action, "characters": in_frame, "dialogue": [],
        "seconds": SECONDS[min(2, len(action) // 60)], "prompt": action, "direction": fixed,
    }  # fmt: skip


def _speak(
    shots: list[dict[str, Any]], beat: str, n: int, cast: list[str], names: dict[str, str], here: dict[str, str],
    teller: Teller,
) -> None:  # fmt: skip
    """In every other scene two who share a frame exchange a line each."""
    shot = next((s for s in shots[1:] if len(s["characters"]) > 1), None)
    if shot is None or n % 2 == 0:
        return
    a, b = shot["characters"][:2]
    said = teller.lines(beat, [names[a], names[b]], here)
    if said:
        shot["dialogue"] = [{"character": a, "text": said[0]}, {"character": b, "text": said[1]}]
        shot["seconds"] = SECONDS[-1] + 0.4


_IN = frozenset(
    """
    forest jungle swamp room kitchen library school office hospital laboratory workshop spaceship space sky cave
    desert village castle hall cafe garden park market field underwater hotel carriage submarine prison attic
    bakery graveyard snowfield
    """.split()
)
_ON = frozenset(
    """
    rooftop ship island street planet stage bridge coast mountain volcano battlefield farm
    """.split()
)


def at_place(place: dict[str, Any]) -> str:
    """``on the beach``, ``in the kitchen``."""
    return f"{_preposition(place['kind'])} {place['name']}"


def _preposition(kind: str) -> str:
    return "in" if kind in _IN else "on" if kind in _ON else "at"


def _hour(reading: Reading, n: int, total: int) -> str:
    if reading.time:
        after = DAY[(DAY.index(reading.time) + 1) % len(DAY)]
        return after if n == total - 1 and total > 2 else reading.time
    return DAY[min(4, n * 5 // max(1, total))] if n < total - 1 or total < 3 else "dawn"


def _weather(reading: Reading, beat: str, n: int, total: int) -> str:
    """What the prompt says, cleared at the very end; else a wind or rain where the story turns hard."""
    if reading.weather:
        return "clear" if reading.weather in ("storm", "fog") and n == total - 1 and total > 3 else reading.weather
    return {"crisis": "wind" if total % 2 else "rain"}.get(beat, "clear")
