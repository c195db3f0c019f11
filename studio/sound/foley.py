"""Foley: when which effect sounds, from the same briefs and the same staging that previz draws.

Steps, strokes, wing beats and lightning are read off the figures' own motion, so they fall on the very frame that shows
them; other engines are given the same cues.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from studio.errors import BadInput
from studio.sound import synth
from studio.sound.catalogue import read
from studio.sound.recipes import Layer, perform
from studio.sound.sheet import Cue, Part, Sheet
from studio.sound.synth import Wave

if TYPE_CHECKING:
    from studio.previz.stageset import StageSet
    from studio.previz.staging import Role

NEAR = {"extreme-wide": -7.0, "wide": -4.0, "full": -1.5, "medium": 0.0, "medium-close": 0.5, "close": 1.0}
"""Size of the shot -> dB: what is far is soft."""
TWOS = 12
"""Poses a second (previz is shot on twos)."""
MOST = 60
"""Effects of one kind in a shot, at most."""


class Effect(BaseModel):
    """An entry of catalogue/effects.toml, which says what its fields mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    layers: tuple[Layer, ...]
    on: Literal["", "step", "stroke", "wingbeat", "flash"] = ""
    words: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    share: float = 0.3
    first: float = 0.5
    every: float = 1.0
    pitch: float = 0.0
    level: float = -12.0


@dataclass(frozen=True)
class Event:
    """An effect at a frame of the film; ``side`` -1 … 1, ``level`` in dB on top of the effect's own."""

    frame: int
    effect: str
    side: float = 0.0
    level: float = 0.0


def events(sheet: Sheet) -> list[Event]:
    """Every effect of the film, in order."""
    found: list[Event] = []
    for part in sheet.parts:
        met: set[str] = set()
        for cue in part.cues:
            found += _shown(part, cue)
            found += _told(part, cue, met)
    return sorted(found, key=lambda event: (event.frame, event.effect, event.side))


def render(sheet: Sheet, found: list[Event]) -> Wave:
    """``(samples, 2)``: every event begins at the first sample of its frame."""
    out, effects = np.zeros((sheet.samples, 2), np.float32), read("effects", Effect)
    made: dict[tuple[str, int], Wave] = {}
    for n, event in enumerate(found):
        effect = effects[event.effect]
        turn = n % 4
        if (event.effect, turn) not in made:
            pitch = 1 + effect.pitch * (turn - 1.5) / 1.5
            made[event.effect, turn] = perform(effect.layers, synth.dice("effect", event.effect, turn), pitch)
        wave = made[event.effect, turn] * np.float32(synth.gain(effect.level + event.level))
        synth.add(out, synth.panned(wave, event.side), sheet.sample(event.frame))
    return out


def _named(place: str, matches: Callable[[Effect], bool]) -> list[str]:
    """Effects that match and may be heard at the place; one that names the place comes before one that fits all."""
    known = read("effects", Effect)
    found = [name for name, e in known.items() if matches(e) and (not e.places or place in e.places)]
    return sorted(found, key=lambda name: not known[name].places)


def _shown(part: Part, cue: Cue) -> Iterator[Event]:
    """What previz shows to the frame: steps, strokes, wing beats, lightning; and what hands do again and again."""
    from studio.previz.sets import build_set
    from studio.previz.staging import roles

    brief = cue.brief
    stage = build_set(
        brief.location, brief.genre, brief.style, brief.time_of_day, brief.weather, brief.direction.lighting,
        brief.beat, brief.seed, brief.seconds,
    )  # fmt: skip
    for second in stage.light.flashes:
        for name in _named(part.place, lambda e: e.on == "flash")[:1]:
            yield Event(cue.start + round(second * brief.fps), name)
    try:
        cast = roles(brief, stage)
    except BadInput:  # another engine may film kinds of which previz has no figure
        return
    near = NEAR.get(brief.direction.shot_size, 0.0)
    for role in cast:
        side = float(np.clip(role.place(0.5 * brief.seconds, brief.seconds)[0] / 3, -0.8, 0.8))
        for kind, frames in _motion(role, stage, cue):
            for name in _named(part.place, lambda e, kind=kind: e.on == kind)[:1]:  # type: ignore[misc]
                yield from (Event(cue.start + frame, name, side, near) for frame in frames[:MOST])
    if cast:
        yield from _handled(part, cue, cast[0].act.activity, near)


def _motion(role: Role, stage: StageSet, cue: Cue) -> Iterator[tuple[str, list[int]]]:
    """(event, frames of the clip) of one figure: each time that its phase passes a whole number."""
    brief, figure, activity = cue.brief, role.figure, role.act.activity
    step = max(1, round(brief.fps) // TWOS)
    frames = range(0, cue.frames, step)
    moments = [role.moment(n / brief.fps, brief.seconds, 0.0) for n in frames]
    family = type(figure).__name__
    flies = family == "Bird" and (figure.medium == "air" or activity in ("fly", "float"))
    if stage.medium == "water" or family == "Fish" or activity == "swim":
        if role.travel and stage.medium == "land":
            yield "stroke", _passes([(m.t * 3.0 + m.travelled * 2.2) / (2 * np.pi) for m in moments], frames)
    elif flies or activity == "fly":
        rate = 7.0 if family == "Bird" else 5.0  # as previz flaps them, in radians a second
        yield "wingbeat", _passes([(m.t * rate - np.pi / 2) / (2 * np.pi) for m in moments], frames)
    elif role.travel and stage.medium == "land" and family not in ("Serpent", "Octopus"):
        yield "step", _passes([m.travelled * _steps_a_metre(role) for m in moments], frames)


def _steps_a_metre(role: Role) -> float:
    """Footfalls a metre, from the same stride that the gait draws (figures/poses.py, creatures/base.py)."""
    from studio.previz.figures.people import Person

    if isinstance(role.figure, Person):
        return float(2 / ((2.5 if role.act.activity == "run" else 1.5) * role.figure.body.leg))
    return float(2 / max(0.2, 0.9 * role.figure.width))


def _passes(phases: list[float], frames: range) -> list[int]:
    """The frames at which the phase passes a whole number."""
    whole = np.floor(np.array(phases) + 1e-9)
    return [frames[int(k) + 1] for k in np.flatnonzero(np.diff(whole) > 0)]


def _handled(part: Part, cue: Cue, activity: str, near: float) -> Iterator[Event]:
    """What an activity sounds like again and again."""
    for name in _named(part.place, lambda e: activity in e.activities)[:1]:
        effect = read("effects", Effect)[name]
        for second in np.arange(effect.first, cue.brief.seconds - 0.1, effect.every):
            yield Event(cue.start + round(float(second) * cue.brief.fps), name, 0.1, near)


def _told(part: Part, cue: Cue, met: set[str]) -> Iterator[Event]:
    """What the action's words name, and the voices of those who come into the scene (once each)."""
    words = set(re.findall(r"[a-z']+", cue.brief.action.lower()))
    near = NEAR.get(cue.brief.direction.shot_size, 0.0)
    kinds = {character.kind for character in cue.brief.characters}
    for name in _named(part.place, lambda e: bool(words & set(e.words))):
        if name not in met:
            met.add(name)
            yield _at(cue, name, -0.1, near)
    for name in _named(part.place, lambda e: bool(kinds & set(e.kinds))):
        if name not in met:
            met.add(name)
            yield _at(cue, name, 0.2, near)


def _at(cue: Cue, name: str, side: float, level: float) -> Event:
    share = read("effects", Effect)[name].share
    return Event(cue.start + int(share * cue.frames), name, side, level)
