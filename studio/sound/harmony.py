"""Harmony: modes, chords and how they follow one another. Notes are MIDI numbers, degrees count from 0 (the tonic)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10), "lydian": (0, 2, 4, 6, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}  # fmt: skip
"""Semitones of each degree above the tonic."""
NAMES = ("C", "D flat", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")
PROGRESSIONS: dict[str, tuple[tuple[int, ...], ...]] = {
    "major": ((0, 5, 3, 4), (0, 4, 5, 3), (0, 3, 1, 4), (0, 2, 3, 4)),
    "minor": ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 4), (0, 5, 3, 4)),
    "dorian": ((0, 3, 0, 6), (0, 6, 3, 0), (0, 2, 3, 6)),
    "phrygian": ((0, 1, 0, 6), (0, 5, 1, 0), (0, 1, 2, 1)),
    "lydian": ((0, 1, 0, 4), (0, 1, 4, 5), (0, 4, 1, 0)),
    "mixolydian": ((0, 6, 3, 0), (0, 4, 6, 3), (0, 3, 6, 3)),
}
"""Degrees of the chords, one a bar."""
DARKER = {"major": "minor", "lydian": "dorian", "mixolydian": "dorian", "dorian": "minor"}
"""The mode that stands for sorrow in place of a bright one."""


@dataclass(frozen=True)
class Key:
    """A tonic (MIDI, about 60) and a mode."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """As musicians say it: E flat dorian."""
        return f"{NAMES[self.tonic % 12]} {self.mode}"

    def note(self, degree: int) -> int:
        """The MIDI note of a degree; 7 is the octave."""
        octave, step = divmod(degree, 7)
        return self.tonic + 12 * octave + MODES[self.mode][step]


@dataclass(frozen=True)
class Chord:
    """A chord on a degree of a key."""

    key: Key
    degree: int
    seventh: bool = False

    @property
    def degrees(self) -> tuple[int, ...]:
        return tuple(self.degree + k for k in ((0, 2, 4, 6) if self.seventh else (0, 2, 4)))

    @property
    def pitches(self) -> tuple[int, ...]:
        """In close position from the root; the dominant of a minor key has its leading note."""
        raised = self.key.mode == "minor" and self.degree % 7 == 4
        return tuple(self.key.note(d) + (1 if raised and d == self.degree + 2 else 0) for d in self.degrees)

    @property
    def root(self) -> int:
        return self.key.note(self.degree)

    def above(self, floor: int) -> list[int]:
        """All tones of the chord in the two octaves from ``floor`` up: whatever is near leads on smoothly."""
        classes = {pitch % 12 for pitch in self.pitches}
        return [note for note in range(floor, floor + 26) if note % 12 in classes]

    def nearest(self, degree: int) -> int:
        """The chord's degree (in any octave) nearest to ``degree``."""
        options = [d + 7 * k for d in self.degrees for k in range(-3, 4)]
        return min(options, key=lambda d: (abs(d - degree), d))


def progression(mode: str, rng: np.random.Generator) -> tuple[int, ...]:
    """One of the mode's progressions."""
    return PROGRESSIONS[mode][int(rng.integers(len(PROGRESSIONS[mode])))]
