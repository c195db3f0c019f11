"""Ambience: what a place sounds like while nobody does anything, by its kind, weather and hour."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from pydantic import BaseModel, ConfigDict

from studio.sound import synth
from studio.sound.catalogue import read
from studio.sound.recipes import Layer, perform
from studio.sound.sheet import Part, Sheet
from studio.sound.synth import Wave
from studio.story.catalogue import entries

LOOP = 1 << 18
"""Samples (5.5 s) after which a bed of noise repeats, without a seam."""
FADE = 0.35
"""Seconds in which one place gives way to the next, half on either side of the cut."""
MEDIUM = 0.05
"""RMS of an ambience of medium strength, before the mix."""
WALL = 700.0
"""Hz above which a wall keeps out the weather."""
VARIANTS = 4
"""How many of each grain there are."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bed(_Entry):
    """Endless noise."""

    low: float
    high: float
    tilt: float = 0.0
    level: float = -12.0
    swell: float = 0.0
    depth: float = 0.0


class Hum(_Entry):
    """An endless tone."""

    hz: float
    level: float = -30.0
    overtones: tuple[float, ...] = ()


class Grain(_Entry):
    """A short sound that comes again and again."""

    layers: tuple[Layer, ...]
    rate: float
    steady: bool = False
    """Comes like a clock instead of at random."""
    pitch: float = 0.2
    level: float = -20.0


class Ambience(_Entry):
    """An entry of catalogue/ambiences.toml, which says what its fields mean."""

    places: tuple[str, ...] = ()
    weathers: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    indoors: bool | None = None
    muffled: bool = False
    beds: tuple[Bed, ...] = ()
    hums: tuple[Hum, ...] = ()
    grains: tuple[Grain, ...] = ()

    def heard(self, part: Part, inside: bool) -> bool:
        """Whether this belongs to the scene."""
        wanted = ((self.places, part.place), (self.weathers, part.weather), (self.times, part.time))
        fits = all(not options or value in options for options, value in wanted)
        return fits and (self.indoors is None or self.indoors == inside or (inside and self.muffled))


def inside(part: Part) -> bool:
    """Whether the scene's place has a roof."""
    return bool(entries("places").get(part.place, {}).get("indoors", False))


def of(part: Part) -> list[str]:
    """The ambiences of a scene by name; every place has one at least."""
    return [name for name, entry in read("ambiences", Ambience).items() if entry.heard(part, inside(part))]


def render(sheet: Sheet) -> Wave:
    """``(samples, 2)``: every scene's ambiences from cut to cut; none on the cards."""
    out = np.zeros((sheet.samples, 2), np.float32)
    for part in sheet.parts:
        edge = synth.samples(FADE / 2)
        first, last = sheet.sample(part.first) - edge, sheet.sample(part.last) + edge
        first, last = max(0, first), min(sheet.samples, last)
        wave = _scene(part, first, last - first, sheet.seed)
        # A storm is louder than a library, but not by as much as it is: the score has to live beside both.
        level = float(np.sqrt(np.mean(np.square(wave)))) / MEDIUM
        wave *= np.float32(max(1e-3, level) ** -0.5)
        synth.add(out, synth.edges(wave, FADE, FADE), first)
    return out


def _scene(part: Part, start: int, length: int, seed: int) -> Wave:
    out = np.zeros((length, 2), np.float32)
    for name in of(part):
        entry = read("ambiences", Ambience)[name]
        behind_wall = entry.muffled and inside(part)
        for k, bed in enumerate(entry.beds):
            high = min(bed.high, WALL) if behind_wall else bed.high
            if bed.low < high:
                out += _bed(bed.model_copy(update={"high": high}), (name, k), start, length)
        if behind_wall:
            continue
        for hum in entry.hums:
            tone = synth.partials(hum.hz, length, (1.0, *hum.overtones)) * np.float32(0.3 * synth.gain(hum.level))
            out += tone[:, None]
        for k, grain in enumerate(entry.grains):
            _scatter(out, grain, synth.dice("grains", seed, part.scene, name, k))
    return out


def _bed(bed: Bed, name: tuple[str, int], start: int, length: int) -> Wave:
    """The loop goes on with the film's clock, so that a place sounds on where it was left."""
    out = np.empty((length, 2), np.float32)
    t = (np.arange(start, start + length) / synth.RATE).astype(np.float32)
    for side in (0, 1):
        loop = _loop(bed.low, bed.high, bed.tilt, f"{name} {side}")
        out[:, side] = np.resize(np.roll(loop, -(start % LOOP)), length)
        if bed.swell:
            wave = np.sin(2 * np.pi * t / bed.swell + 0.7 * side) + 0.4 * np.sin(2 * np.pi * t / (bed.swell * 0.618))
            out[:, side] *= 1 - bed.depth * (0.5 + wave / 2.8)
    return out * np.float32(synth.gain(bed.level))


@lru_cache(maxsize=32)
def _loop(low: float, high: float, tilt: float, name: str) -> Wave:
    return synth.band(LOOP, low, high, synth.dice("bed", name), tilt)


def _scatter(out: Wave, grain: Grain, rng: np.random.Generator) -> None:
    seconds = len(out) / synth.RATE
    if grain.steady:
        times = np.arange(0.0, seconds, 1 / grain.rate)
    else:
        times = np.sort(rng.uniform(0, seconds, int(rng.poisson(grain.rate * seconds))))
    strays = 1 + grain.pitch * np.linspace(-1, 1, VARIANTS)
    waves = [perform(grain.layers, rng, float(stray)) for stray in strays] if len(times) else []
    side = float(rng.uniform(-0.4, 0.4))
    for at in times:
        pan = side if grain.steady else float(rng.uniform(-0.9, 0.9))
        near = 1.0 if grain.steady else float(rng.uniform(0.4, 1.0))
        wave = waves[1 if grain.steady else int(rng.integers(VARIANTS))]
        synth.add(out, synth.panned(wave, pan) * np.float32(near * synth.gain(grain.level)), synth.samples(float(at)))
