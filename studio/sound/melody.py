"""Melody: a motif of two bars, and what becomes of it as the story goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from studio.sound.harmony import Chord

CELLS: dict[int, tuple[tuple[float, ...], ...]] = {
    4: ((1.5, 0.5, 1, 1), (1, 1, 2), (0.5, 0.5, 1, 2), (1, 0.5, 0.5, 2), (1.5, 0.5, 2), (0.5, 0.5, 0.5, 0.5, 1, 1)),
    3: ((1, 1, 1), (1.5, 0.5, 1), (2, 1), (1, 0.5, 0.5, 1), (0.5, 0.5, 1, 1)),
}
"""Metre -> rhythms of a bar, in beats."""
STEPS = (-2, -1, -1, 1, 1, 1, 2, 3, -3)
"""Melodies move mostly by step (Huron 2006)."""


@dataclass(frozen=True)
class Motif:
    """Two bars: lengths in beats, and degrees relative to the first note."""

    bars: tuple[tuple[float, ...], tuple[float, ...]]
    line: tuple[int, ...]

    @classmethod
    def invent(cls, metre: int, rng: np.random.Generator) -> Motif:
        """A new one: the second bar comes to rest."""
        cells = CELLS[metre]
        first = cells[int(rng.integers(len(cells)))]
        second = min((cells[int(k)] for k in rng.permutation(len(cells))[:2]), key=len)
        line = [0]
        while len(line) < len(first) + len(second):
            step = int(rng.choice(STEPS))
            if -3 <= line[-1] + step <= 5 and (len(line) < 2 or (step, -step) != (line[-2] - line[-1], 0)):
                line.append(line[-1] + step)
        return cls((first, second), tuple(line))


def phrase(
    motif: Motif, chords: Sequence[tuple[int, Chord]], beat: str, number: int, ends: bool
) -> Iterator[tuple[float, float, int]]:
    """(beat, beats, MIDI note) of a phrase over up to two bars, each given as (beats, chord).

    The answer to a phrase turns its line upside down; in the crisis its head alone is driven upward; the last phrase
    comes home to the tonic."""
    line = [-step for step in motif.line] if number % 3 == 2 else list(motif.line)
    anchor = {"crisis": 5, "title": 7, "turn": 6}.get(beat, 7)
    start, k = 0.0, 0
    for n, (beats, chord) in enumerate(chords):
        cell = motif.bars[0] if beat == "crisis" else motif.bars[n % 2]
        base, at, opening = chord.nearest(anchor + (n if beat == "crisis" else 0)), 0.0, k
        for m, length in enumerate(cell):
            if at >= beats:
                break
            closes = ends and n == len(chords) - 1 and (m == len(cell) - 1 or at + length >= beats)
            moved = line[m] if beat == "crisis" else line[k] - line[opening]
            degree = base + moved
            if closes:
                degree, length = 7 if chord.degree == 0 else chord.nearest(7), beats - at
            elif at % 2 == 0:  # what falls on a strong beat belongs to the chord
                degree = chord.nearest(degree)
            yield start + at, min(length, beats - at), chord.key.note(degree)
            at, k = at + length, (k + 1) % len(line)
        start += beats
