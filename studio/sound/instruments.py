"""Instruments: a note of any instrument of the catalogue as samples."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from studio.sound import synth
from studio.sound.catalogue import read
from studio.sound.synth import Wave

MIDDLE_C = 60
"""As a MIDI note."""
BREATH = 1 << 16
"""Samples after which the noise in a held note comes round again: 1.4 s, in which nobody hears it."""
EVEN = 0.2
"""RMS of the loudest 50 ms of a note at level 0 dB."""


class Instrument(BaseModel):
    """An entry of catalogue/instruments.toml, which says what its fields mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["sum", "pluck"] = "sum"
    partials: tuple[float, ...] = (1.0,)
    ratios: tuple[float, ...] = ()
    attack: float = 0.002
    decay: float = 0.0
    damp: float = 1.0
    release: float = Field(0.1, gt=0)
    voices: int = Field(1, ge=1, le=3)
    detune: float = 0.0
    breath: float = 0.0
    vibrato: float = 5.0
    depth: float = 0.0
    bright: float = 0.5
    side: float = 0.0
    level: float = -8.0
    low: int = 24
    high: int = 103
    wet: float = 0.4


def instruments() -> dict[str, Instrument]:
    """The catalogue's instruments by name."""
    return read("instruments", Instrument)


def frequency(note: float) -> float:
    """Hz of a MIDI note, equal temperament, A4 = 440 Hz (ISO 16)."""
    return float(440 * 2 ** ((note - 69) / 12))


def in_range(name: str, note: int) -> int:
    """``note``, moved by octaves into the range of the instrument."""
    instrument = instruments()[name]
    while note < instrument.low:
        note += 12
    while note > instrument.high:
        note -= 12
    return note


@lru_cache(maxsize=1024)
def play(name: str, note: int, seconds: float) -> Wave:
    """``(n, 2)``: a note held for ``seconds`` and let go, at full strength. The same call gives the same array."""
    instrument = instruments()[name]
    hz = frequency(note)
    held = seconds + instrument.release
    if instrument.decay:  # what has died away need not be computed
        held = min(held, 0.05 + _ring(instrument, note))
    n = synth.samples(held)
    spread = np.linspace(-1, 1, instrument.voices) if instrument.voices > 1 else np.zeros(1)
    out = np.zeros((n, 2), np.float32)
    for k, aside in enumerate(spread):
        voice = _voice(instrument, hz * 2 ** (instrument.detune * aside / 1200), n, synth.dice(name, note, k), k, note)
        out += synth.panned(voice, float(np.clip(instrument.side + 0.6 * aside, -1, 1)))
    synth.edges(out, instrument.attack, instrument.release)
    out *= np.float32(synth.gain(instrument.level) * EVEN / max(1e-6, _loudest(out)))
    out.setflags(write=False)
    return out


def _loudest(wave: Wave) -> float:
    """The highest RMS of any 50 ms, so that ``level`` means the same for every instrument."""
    step = synth.samples(0.05)
    square = wave * wave
    power = np.add.reduceat(square[:, 0] + square[:, 1], np.arange(0, len(wave), step)) / step
    return float(np.sqrt(power.max()))


def _ring(instrument: Instrument, note: int) -> float:
    """Seconds until the note has fallen by 60 dB: low strings and bars ring longer."""
    return float(instrument.decay * 2 ** ((MIDDLE_C - note) / 24))


def _voice(instrument: Instrument, hz: float, n: int, rng: np.random.Generator, k: int, note: int) -> Wave:
    ring = _ring(instrument, note)
    if instrument.kind == "pluck":
        return synth.pluck(hz, n, instrument.bright, ring, rng)
    fall = synth.fading(n, ring) if instrument.decay else None
    damp = fall ** np.float32(instrument.damp - 1) if fall is not None and instrument.damp > 1 else None
    tone = synth.partials(
        hz, n, instrument.partials, ratios=instrument.ratios, vibrato=instrument.vibrato, depth=instrument.depth,
        damp=damp, phase=0.37 * k,
    )  # fmt: skip
    if instrument.breath:
        breath = synth.band(min(n, BREATH), hz, min(12_000.0, hz * 6), rng, -3)
        tone += np.float32(4 * instrument.breath) * np.resize(breath, n)
    return tone if fall is None else tone * fall
