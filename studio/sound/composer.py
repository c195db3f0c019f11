"""The composer: a cue sheet becomes notes. One motif a film; key, mode, tempo and orchestra follow the arc.

Every section of the score begins on a cut: its beats are stretched by a few hundredths so that a whole number of them
fills it, at the tempo for which the stretching of the whole film is least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import BaseModel, ConfigDict

from studio.sound.catalogue import read
from studio.sound.harmony import DARKER, Chord, Key, progression
from studio.sound.melody import Motif, phrase
from studio.sound.sheet import Sheet, mood
from studio.sound.synth import dice

ENERGY = {"title": 0.45, "setup": 0.5, "turn": 0.62, "crisis": 0.85, "resolution": 0.68, "end": 0.5}
"""How much happens in each beat of the arc, 0…1."""


class Drum(BaseModel):
    """When a drum plays: a pattern of half beats, from some energy on."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    pattern: str
    energy: float


class Style(BaseModel):
    """An entry of catalogue/styles.toml, which says what its fields mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tempo: tuple[float, float]
    metre: int = 4
    swing: float = 0.0
    modes: dict[str, str]
    lead: tuple[str, ...]
    chords: str
    figure: str
    pad: str
    bass: str
    walking: bool = False
    staccato: bool = False
    seventh: bool = False
    drums: dict[str, Drum] = {}


class Figure(BaseModel):
    """An entry of catalogue/figures.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    beats: int
    steps: tuple[tuple[float, tuple[int, ...], float, float], ...]


@dataclass(frozen=True)
class Note:
    """``instrument`` plays ``pitch`` (MIDI); seconds of the film; ``strength`` 0…1. Drums have no pitch."""

    start: float
    seconds: float
    instrument: str
    pitch: int | None
    strength: float


@dataclass(frozen=True)
class Section:
    """A stretch of the score from cut to cut; seconds."""

    start: float
    end: float
    beat: str
    bright: float
    energy: float
    key: Key
    beats: int = 0
    lead: str = ""
    double: str = ""

    @property
    def pulse(self) -> float:
        """Seconds a beat."""
        return (self.end - self.start) / self.beats


@dataclass(frozen=True)
class Score:
    """What is played, and what there is to say of it."""

    notes: Sequence[Note]
    sections: Sequence[Section]
    tempo: float
    """Beats a minute."""
    key: Key
    instruments: Sequence[str] = field(default_factory=tuple)


def style_of(genre: str) -> Style:
    """The genre's entry, or the drama's."""
    styles = read("styles", Style)
    return styles.get(genre, styles["drama"])


def compose(sheet: Sheet) -> Score:
    """The whole score."""
    style, rng = style_of(sheet.genre), dice("score", sheet.seed, sheet.title, sheet.logline)
    tonic = 55 + int(rng.integers(12))
    leads = [style.lead[k] for k in rng.permutation(len(style.lead))]
    motif = Motif.invent(style.metre, rng)
    chords = {mode: progression(mode, rng) for mode in sorted({*style.modes.values(), *DARKER.values()})}
    sections = _sections(sheet, style, tonic, leads)
    tempo = _tempo([s.end - s.start for s in sections], style, sheet.tragic)
    sections = [_counted(section, tempo) for section in sections]
    notes: list[Note] = []
    for n, section in enumerate(sections):
        bars = list(_bars(section, style, chords[section.key.mode], last=n == len(sections) - 1))
        notes += _accompany(section, style, bars)
        notes += _lead(section, style, bars, motif, n)
        notes += _drums(section, style, dice("drums", sheet.seed, n))
    played = sorted({note.instrument for note in notes})
    home = Key(tonic, _mode(style, "setup", sheet.tragic, 0.0))
    return Score(notes, sections, tempo, home, played)


def _mode(style: Style, beat: str, tragic: bool, bright: float) -> str:
    mode = style.modes[{"title": "setup", "end": "resolution"}.get(beat, beat)]
    gloomy = tragic or (bright < -0.55 and beat != "resolution")
    return DARKER.get(mode, mode) if gloomy else mode


def _sections(sheet: Sheet, style: Style, tonic: int, leads: list[str]) -> list[Section]:
    """Title card, scenes, end card."""
    fps, parts = sheet.fps, sheet.parts
    spans = [(0, parts[0].first, "title", 0.0, 0.0)]
    for part in parts:
        spans.append((part.first, part.last, part.beat, *mood(part)))
    spans.append((parts[-1].last, sheet.frames, "end", 0.0, 0.0))
    found = []
    for n, (first, last, beat, bright, lively) in enumerate(s for s in spans if s[1] > s[0]):
        energy = float(np.clip(ENERGY[beat] + 0.25 * lively - 0.25 * sheet.tragic, 0.1, 1.0))
        # What has come to a good end stands a tone higher than where it began.
        lift = 2 if beat in ("resolution", "end") and not sheet.tragic and len(parts) > 2 else 0
        key = Key(tonic + lift, _mode(style, beat, sheet.tragic, bright))
        double = leads[1 % len(leads)] if beat == "resolution" else ""
        found.append(
            Section(first / fps, last / fps, beat, bright, energy, key, lead=leads[n // 2 % len(leads)], double=double)
        )
    return found


def _tempo(lengths: Sequence[float], style: Style, tragic: bool) -> float:
    """Beats a minute at which whole numbers of beats fit the sections best."""
    low, high = (0.8 * t for t in style.tempo) if tragic else style.tempo
    beats = np.array(lengths)[None] * np.linspace(low, high, 49)[:, None] / 60
    wrong = ((beats - np.maximum(1, np.round(beats))) ** 2 / beats).sum(axis=1)
    return float(np.linspace(low, high, 49)[int(np.argmin(wrong))])


def _counted(section: Section, tempo: float) -> Section:
    beats = max(1, round((section.end - section.start) * tempo / 60))
    return Section(**{**section.__dict__, "beats": beats})


@dataclass(frozen=True)
class Bar:
    """``beats`` beats of one chord from beat ``first`` of the section on."""

    first: int
    beats: int
    chord: Chord


def _bars(section: Section, style: Style, degrees: Sequence[int], last: bool) -> Iterator[Bar]:
    """One chord a bar; the film ends on a cadence: dominant, tonic."""
    firsts = list(range(0, section.beats, style.metre))
    if len(firsts) > 1 and section.beats - firsts[-1] < 2:  # a bar of one beat is the end of the bar before
        firsts.pop()
    for n, first in enumerate(firsts):
        degree = degrees[n % len(degrees)]
        beats = (firsts[n + 1] if n + 1 < len(firsts) else section.beats) - first
        if last:
            degree = 0 if n == len(firsts) - 1 else 4 if n == len(firsts) - 2 else degree
            if len(firsts) == 1 and beats > 2:  # one bar only: both chords in it
                yield Bar(0, beats // 2, Chord(section.key, 4, style.seventh))
                yield Bar(beats // 2, beats - beats // 2, Chord(section.key, 0))
                return
        yield Bar(first, beats, Chord(section.key, degree, style.seventh and not (last and degree == 0)))


def _accompany(section: Section, style: Style, bars: Sequence[Bar]) -> Iterator[Note]:
    """Pad, figure and bass."""
    figure, pulse = read("figures", Figure)[style.figure], section.pulse
    thin = section.beat == "title"
    for bar in bars:
        start, held = section.start + bar.first * pulse, bar.beats * pulse
        final = section.beat == "end" and bar is bars[-1]
        tones = bar.chord.above(50 + section.key.tonic % 3)
        if style.pad or final:
            for pitch in tones[:3]:
                yield Note(start, held, style.pad or style.chords, pitch, 0.4 + 0.3 * section.energy)
        if final:
            for k, pitch in enumerate(tones[:4]):
                yield Note(start + 0.03 * k, held, style.chords, pitch, 0.8)
        elif not thin:
            yield from _figure(figure, style, section, bar, tones)
        yield from _bass(style, section, bar, final)


def _figure(figure: Figure, style: Style, section: Section, bar: Bar, tones: Sequence[int]) -> Iterator[Note]:
    pulse, strength = section.pulse, 0.35 + 0.45 * section.energy
    for begin in range(0, bar.beats, figure.beats):
        for at, voices, beats, weight in figure.steps:
            if begin + at >= bar.beats:
                continue
            start = section.start + (bar.first + _swung(begin + at, style.swing)) * pulse
            for voice in voices:
                yield Note(start, beats * pulse, style.chords, tones[voice % len(tones)], strength * weight)


def _swung(beat: float, swing: float) -> float:
    return beat + swing * 0.5 if beat % 1 == 0.5 else beat


def _bass(style: Style, section: Section, bar: Bar, final: bool) -> Iterator[Note]:
    pulse, root, strength = section.pulse, bar.chord.root, 0.55 + 0.3 * section.energy
    start = section.start + bar.first * pulse
    if final or section.energy < 0.4 or bar.beats == 1:
        yield Note(start, bar.beats * pulse, style.bass, root, strength)
    elif style.walking:
        steps = [root, bar.chord.pitches[1], bar.chord.pitches[2], bar.chord.key.note(bar.chord.degree + 5)]
        for k in range(bar.beats):
            yield Note(start + k * pulse, 0.9 * pulse, style.bass, steps[k % 4], strength * (1 if k % 2 == 0 else 0.8))
    else:
        half = bar.beats - bar.beats // 2
        short = 0.4 if style.staccato else 0.95
        yield Note(start, short * half * pulse, style.bass, root, strength)
        second = (bar.beats - half) * pulse
        yield Note(start + half * pulse, short * second, style.bass, bar.chord.pitches[2] - 12, strength * 0.85)


def _lead(section: Section, style: Style, bars: Sequence[Bar], motif: Motif, n: int) -> Iterator[Note]:
    """The motif, two bars at a time; each fourth phrase is silent, so that the picture may speak."""
    for k in range(0, len(bars), 2):
        pair = bars[k : k + 2]
        number = n + k // 2
        if number % 4 == 3 and section.beat not in ("end", "title", "crisis"):
            continue
        ends = section.beat in ("end", "resolution") and k + 2 >= len(bars)
        chords = [(bar.beats, bar.chord) for bar in pair]
        for at, beats, pitch in phrase(motif, chords, section.beat, number, ends):
            start = section.start + (pair[0].first + _swung(at, style.swing)) * section.pulse
            held = beats * section.pulse * (0.55 if style.staccato and beats < 1.5 else 0.97)
            strength = 0.62 + 0.3 * section.energy
            yield Note(start, held, section.lead, pitch, strength)
            if section.double:
                yield Note(start, held, section.double, pitch + 12, 0.5 * strength)


def _drums(section: Section, style: Style, rng: np.random.Generator) -> Iterator[Note]:
    if section.beat in ("title", "end"):
        return
    half = section.pulse / 2
    for name, drum in style.drums.items():
        if section.energy < drum.energy:
            continue
        for k in range(2 * section.beats):
            mark = drum.pattern[k % len(drum.pattern)]
            if mark in "xo":
                at = section.start + 2 * half * _swung(k / 2, style.swing)
                strength = (0.9 if mark == "x" else 0.55) * float(rng.uniform(0.85, 1.0))
                yield Note(at, 0.0, name, None, strength * (0.5 + 0.5 * section.energy))
