"""What the tests of sound share: cue sheets of any film, and what ffmpeg hears in a file."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from studio.edit.encode import ffmpeg_exe
from studio.sound.sheet import Cue, Part, Sheet
from studio.sound.synth import RATE, Wave
from studio.story.brief import Brief
from studio.story.direction import Direction
from studio.story.document import BEATS, Character, Location

CARD = 2.5
"""Seconds of the title card, and of the end card."""
MERRY = "Two clumsy friends bake a cake for a party, laugh and dance."
SORRY = "The last widow mourns her dead son by the grave and weeps, lost for ever."


def brief(
    action: str = "The keeper walks to the house.", *, place: str = "coast", weather: str = "clear",
    seconds: float = 2.0,
    size: str = "wide", kinds: Sequence[str] = ("person",), seed: int = 5, fps: float = 24.0, genre: str = "drama",
) -> Brief:  # fmt: skip
    """A brief as previz is given one."""
    cast = [Character(id=f"c{n}", name=f"the {kind}", kind=kind, description=kind) for n, kind in enumerate(kinds)]
    return Brief(
        engine="previz", engine_version="1", prompt="", action=action, characters=cast, seed=seed, fps=fps, genre=genre,
        location=Location(id="a", name="a", kind=place, description="b"), weather=weather, frames=round(seconds * fps),
        direction=Direction(shot_size=size),
    )  # fmt: skip


def sheet(
    genre: str = "drama", scenes: int = 2, seconds: float = 2.0, *, text: str = "", seed: int = 1, fps: float = 24.0,
    shot: Brief | None = None, narration: str = "", weather: str = "clear",
) -> Sheet:  # fmt: skip
    """A film of that many scenes of one shot each, between its cards, without dissolves."""
    card, length = round(CARD * fps), round(seconds * fps)
    parts = []
    for n in range(scenes):
        first = card + n * length
        filmed = shot or brief(weather=weather, seconds=seconds, fps=fps, genre=genre)
        filmed = filmed.model_copy(update={"seed": filmed.seed + n})
        parts.append(
            Part(
                scene=n + 1, first=first, last=first + length, beat=BEATS[min(3, n * 4 // scenes)],
                place=filmed.location.kind, time="noon", weather=filmed.weather, text=text, narration=narration,
                spoken=(first, first + length), cues=(Cue(shot=1, brief=filmed, start=first, frames=length),),
            )
        )  # fmt: skip
    return Sheet(
        title="A film", logline=text, genre=genre, seed=seed, fps=fps, frames=2 * card + scenes * length,
        parts=tuple(parts),
    )  # fmt: skip


def heard(file: Path) -> Wave:
    """``(n, 2)``: what a player plays of a file's sound."""
    command = [ffmpeg_exe(), "-v", "error", "-i", str(file), "-map", "0:a", "-f", "f32le", "-ar", str(RATE), "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<f4").reshape(-1, 2)


def streams(file: Path) -> dict[str, tuple[float, float]]:
    """Kind of stream -> (start, end) in seconds."""
    import av

    with av.open(str(file)) as film:
        return {
            s.type: (float((s.start_time or 0) * s.time_base), float(((s.start_time or 0) + s.duration) * s.time_base))
            for s in film.streams
            if s.time_base is not None and s.duration is not None
        }


def centre(wave: Wave) -> float:
    """The spectral centroid in Hz: how bright something sounds."""
    power = np.abs(np.fft.rfft(wave.mean(axis=1))) ** 2
    return float((power * np.fft.rfftfreq(len(wave), 1 / RATE)).sum() / power.sum())
