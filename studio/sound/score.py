"""The score as samples: every note of the composer played into one room."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from pydantic import BaseModel, ConfigDict

from studio.sound import synth
from studio.sound.catalogue import read
from studio.sound.composer import Score
from studio.sound.instruments import in_range, instruments, play
from studio.sound.recipes import Layer, perform
from studio.sound.synth import Wave

GRID = 0.02
"""Seconds to which held notes are rounded, so that equal notes are made once."""
HALL, DARK = 1.6, 5200.0
"""Seconds that the room rings, and where its walls swallow treble (Hz)."""
LONGEST = 12.0
"""Seconds of a note at most."""


class Drum(BaseModel):
    """An entry of catalogue/drums.toml, which says what its fields mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    layers: tuple[Layer, ...]
    level: float = -6.0
    side: float = 0.0
    wet: float = 0.2


@lru_cache(maxsize=64)
def _struck(name: str, turn: int) -> tuple[Wave, float]:
    """``(n, 2)`` and the share of the room; drums sound a little different each of four times."""
    drum = read("drums", Drum)[name]
    wave = perform(drum.layers, synth.dice(name, turn), 1 + 0.006 * (turn - 1.5))
    wave = synth.panned(wave * np.float32(0.5 * synth.gain(drum.level)), drum.side)
    wave.setflags(write=False)
    return wave, drum.wet


def render(score: Score, length: int) -> Wave:
    """``(length, 2)``: the score, its last chord fading with the picture."""
    dry, sent = np.zeros((length, 2), np.float32), np.zeros((length, 2), np.float32)
    for n, note in enumerate(score.notes):
        if note.pitch is None:
            wave, wet = _struck(note.instrument, n % 4)
        else:
            held = max(0.04, round(min(LONGEST, note.seconds) / GRID) * GRID)
            wave = play(note.instrument, in_range(note.instrument, note.pitch), held)
            wet = instruments()[note.instrument].wet
        loud = wave * np.float32(note.strength)
        start = synth.samples(note.start + _human(n))
        synth.add(dry, loud, start)
        synth.add(sent, loud * np.float32(wet), start)
    play.cache_clear()  # a film's notes are a hundred megabytes that no other film needs
    left, right = synth.room(HALL, DARK, synth.dice("hall"))
    dry[:, 0] += synth.convolve(sent[:, 0], left)
    dry[:, 1] += synth.convolve(sent[:, 1], right)
    return synth.edges(dry, 0.0, min(1.2, length / synth.RATE / 2))


def _human(n: int) -> float:
    """Seconds by which the n-th note comes late: nobody plays like a clock (golden ratio sequence, 0 … 9 ms)."""
    return 0.009 * (n * 0.6180339887 % 1.0)
