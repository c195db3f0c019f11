"""The sound track: score, ambience, effects and narrator, mixed, mastered, encoded and measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.config import SoundSettings
from studio.edit import soundtrack
from studio.errors import EngineFailed
from studio.sound import ambience, composer, foley, loudness, narration, score, synth
from studio.sound.composer import Score
from studio.sound.sheet import Sheet
from studio.sound.synth import RATE, Wave
from studio.story.brief import digest

VERSION = "sound-2"
"""Raise it whenever the same sheet would sound otherwise."""
SCORE, PLACES = -21.0, -37.0
"""dB: RMS of the score, and of an ambience of medium strength."""
FOLEY = 6.0
"""dB on top of the effects' own levels."""
DUCK = {"score": -11.0, "ambience": -7.0, "effects": -6.0}
"""dB by which each gives way while the narrator speaks."""
PUBLISHED = -1.0
"""dBFS of true peak at most in the file."""


@dataclass(frozen=True)
class Facts:
    """What the report says of a film's sound. LUFS, dBFS, LU; beats a minute."""

    integrated: float | None
    true_peak: float | None
    span: float
    seconds: float
    key: str
    tempo: float | None
    instruments: tuple[str, ...]
    ambiences: tuple[str, ...]
    effects: int
    narrated: int

    def data(self) -> dict[str, Any]:
        """As plain values."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


@dataclass(frozen=True)
class Beds:
    """What lies under a film from end to end: music and ambiences, which follow the plan and not the takes."""

    key: str
    written: Score | None
    music: Wave | None
    around: Wave | None


def beds(sheet: Sheet, settings: SoundSettings) -> Beds:
    """Play the score and fill the places; ``(samples, 2)`` each, at their own levels."""
    written = composer.compose(sheet) if settings.score else None
    return Beds(
        _beds_key(sheet), written, score.render(written, sheet.samples) if written else None,
        ambience.render(sheet) if settings.ambience else None,
    )  # fmt: skip


def _beds_key(sheet: Sheet) -> str:
    """What names a sheet's beds: they know of no cue and of no narrator."""
    return digest(sheet.model_dump(mode="json", exclude={"parts": {"__all__": {"cues", "narration", "spoken"}}}))


def wanted(settings: SoundSettings) -> bool:
    """Whether the film has a sound track at all."""
    return settings.score or settings.ambience or settings.effects or settings.narration


def key(sheet: Sheet, settings: SoundSettings) -> str:
    """sha256 (hex) of everything that makes the track."""
    return digest([VERSION, sheet.key, settings.model_dump(mode="json")])


def make(sheet: Sheet, settings: SoundSettings, out: Path, ready: Beds | None = None) -> Facts:
    """Write the film's sound to the .m4a file ``out``; ``ready`` are beds made ahead, used where they are the sheet's.

    Raises EngineFailed where the published bounds cannot be met."""
    wave, told = mix(sheet, settings, ready)
    ceiling = loudness.CEILING
    for _ in range(3):  # AAC may add a little to a peak: the next try leaves it more room
        final = loudness.mastered(wave, ceiling=ceiling)
        soundtrack.encode(np.ascontiguousarray(final, "<f4").tobytes(), RATE, out)
        made = loudness.measure(out)
        if not made.true_peak > PUBLISHED:
            break
        ceiling -= made.true_peak - PUBLISHED + 0.3
    else:
        raise EngineFailed(f"the sound's true peak is {made.true_peak:.1f} dBFS, above {PUBLISHED:g}")
    heard, peaked = made.integrated > loudness.SILENCE, np.isfinite(made.true_peak)
    return Facts(
        integrated=made.integrated if heard else None, true_peak=made.true_peak if peaked else None, span=made.span,
        seconds=round(sheet.samples / RATE, 6), **told,
    )  # fmt: skip


def mix(sheet: Sheet, settings: SoundSettings, ready: Beds | None = None) -> tuple[Wave, dict[str, Any]]:
    """``(samples, 2)`` before mastering, and what there is to say of it."""
    told: dict[str, Any] = {"key": "", "tempo": None, "instruments": (), "ambiences": (), "effects": 0, "narrated": 0}
    out = np.zeros((sheet.samples, 2), np.float32)
    voice, spoken = narration.render(sheet, settings) if settings.narration else (None, [])
    laid = ready if ready and ready.key == _beds_key(sheet) else beds(sheet, settings)
    if laid.written is not None and laid.music is not None:
        written, music = laid.written, laid.music
        out += _ducked(music * np.float32(synth.gain(SCORE) / max(1e-6, _rms(music))), spoken, DUCK["score"])
        told |= {"key": written.key.name, "tempo": round(written.tempo, 1), "instruments": tuple(written.instruments)}
    if laid.around is not None:
        around = laid.around * np.float32(synth.gain(PLACES) / ambience.MEDIUM)
        out += _ducked(around, spoken, DUCK["ambience"])
        told["ambiences"] = tuple(sorted({name for part in sheet.parts for name in ambience.of(part)}))
    if settings.effects:
        events = foley.events(sheet)
        out += _ducked(foley.render(sheet, events) * np.float32(synth.gain(FOLEY)), spoken, DUCK["effects"])
        told["effects"] = len(events)
    if voice is not None:
        out += voice[:, None]
        told["narrated"] = len(spoken)
    return synth.edges(out, 0.005, min(0.25, sheet.samples / RATE / 4)), told


def _rms(wave: Wave) -> float:
    return float(np.sqrt(np.mean(np.square(wave), dtype=np.float64)))


def _ducked(wave: Wave, spoken: list[tuple[int, int]], decibels: float) -> Wave:
    """``wave`` made softer while somebody speaks; it gives way in a quarter of a second and returns in half of one."""
    for first, end in spoken:
        down, up = RATE // 4, RATE // 2
        dip = np.concatenate([synth.rise(down), np.ones(max(0, end - first), np.float32), synth.rise(up)[::-1]])
        curve = 10 ** (dip * np.float32(decibels / 20))
        start = first - down
        a, b = max(0, start), min(len(wave), start + len(curve))
        if a < b:
            wave[a:b] *= curve[a - start : b - start, None]
    return wave
