"""Dailies: a small screening copy of every take, a slate before each scene and a burn-in below each picture.

MoviePy reads, conforms and composites; Studio's own encoder writes (tagged BT.709, the same to the bit on every run).
One clip is open at a time, and nothing of a take is kept once it has been shown.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from studio.edit import burnin
from studio.edit.encode import Encoder, ffmpeg_exe
from studio.edit.probe import Facts, decode_strictly, probe
from studio.errors import EngineFailed
from studio.publish import publish_path

WIDTH = 416
"""Pixels across a screening copy."""
SLATE_SECONDS = 2.0
FADE_SECONDS = 0.25

Progress = Callable[[int, int], None]
"""Told after each frame: frames done, frames in all."""


@dataclass(frozen=True)
class Screened:
    """One take as it is screened. ``frames`` and ``fps`` are the clip's own."""

    name: str
    """The clip's name, e.g. sc01_sh02_tk3."""
    path: Path
    frames: int
    fps: float
    direction: str
    """The direction's summary, one line."""
    reward: float | None
    circled: bool


@dataclass(frozen=True)
class Roll:
    """The takes of one scene, and what its slate says."""

    scene: int
    title: str
    summary: str
    takes: Sequence[Screened]
    heading: str = ""
    """What its slate says instead of ``Scene N``."""


@dataclass(frozen=True)
class Part:
    """Where a piece of the screening copy lies, in its frames; ``name`` is a take's, or ``slate-N``."""

    name: str
    first: int
    frames: int


@dataclass(frozen=True)
class Dailies:
    """What was made."""

    frames: int
    fps: float
    width: int
    height: int
    parts: list[Part] = field(default_factory=list)


def dailies(rolls: Sequence[Roll], out: Path, production: str, fps: float, progress: Progress | None = None) -> Dailies:
    """Write the takes of ``rolls`` into the MP4 ``out`` (published whole, decoded strictly).

    Takes of another rate are conformed to ``fps``, in frames a second. Raises EngineFailed and DiskFull.
    """
    first = probe(rolls[0].takes[0].path)
    height = _even(WIDTH * min(1.0, first.height / first.width)) + burnin.STRIP
    parts = plan(rolls, fps)
    total = parts[-1].first + parts[-1].frames
    temporary = out.with_name(f".{out.stem}.{os.getpid()}.mp4")
    try:
        starts = [part.first for part in parts]
        with Encoder(temporary, WIDTH, height, fps, keyframes=starts, metadata={"title": production}) as encoder:
            for frame in _frames(rolls, parts, production, fps, height):
                encoder.write(frame)
                if progress is not None:
                    progress(encoder.frames, total)
        decode_strictly(temporary)
        made = probe(temporary)
        if made.frames != total:
            raise EngineFailed(f"the dailies have {made.frames} frames instead of {total}")
        publish_path(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    return Dailies(total, fps, WIDTH, height, parts)


def plan(rolls: Sequence[Roll], fps: float) -> list[Part]:
    """The pieces of the screening copy in order: each scene's slate, then its takes."""
    parts, at = [], 0
    for roll in rolls:
        lengths = [(f"slate-{roll.scene}", round(SLATE_SECONDS * fps))]
        lengths += [(take.name, max(1, round(take.frames / take.fps * fps))) for take in roll.takes]
        for name, frames in lengths:
            parts.append(Part(name, at, frames))
            at += frames
    return parts


def _frames(
    rolls: Sequence[Roll], parts: Sequence[Part], production: str, fps: float, height: int
) -> Iterator[np.ndarray]:
    """Every frame, ``(height, WIDTH, 3)`` uint8 RGB."""
    left = iter(parts)
    for roll in rolls:
        yield from _shown(_slate(roll, production, next(left).frames / fps, height), fps)
        for take in roll.takes:
            yield from _take(take, next(left).frames, fps, height)


def _moviepy() -> Any:
    """MoviePy, reading with the same ffmpeg as the rest of Studio, whatever the environment or a .env names."""
    os.environ["FFMPEG_BINARY"] = ffmpeg_exe()
    import moviepy

    return moviepy


def _shown(clip: Any, fps: float) -> Iterator[np.ndarray]:
    """The frames of a MoviePy clip. Asked for in the middle of each frame, so that no rounding meets its edge."""
    for n in range(round(clip.duration * fps)):
        yield np.asarray(clip.get_frame((n + 0.5) / fps), np.uint8)


def _take(take: Screened, frames: int, fps: float, height: int) -> Iterator[np.ndarray]:
    """A take's frames above its strip, in which the timecode runs."""
    mp = _moviepy()
    seconds, room = frames / fps, height - burnin.STRIP
    size = _fitted(probe(take.path), room)
    still = burnin.strip(WIDTH, take.name, take.direction, take.reward, take.circled)
    clock = mp.VideoClip(lambda t: burnin.clock(int(t * fps), fps), duration=seconds)
    with mp.VideoFileClip(str(take.path), audio=False, target_resolution=size) as picture, warnings.catch_warnings():
        # A frame that is not there is an error: MoviePy would warn, and show the one before again.
        warnings.filterwarnings("error", ".*bytes wanted but", UserWarning)
        layers = [
            picture.with_duration(seconds).with_position(((WIDTH - size[0]) // 2, (room - size[1]) // 2)),
            mp.ImageClip(still, duration=seconds).with_position((0, room)),
            clock.with_position((WIDTH - burnin.MARGIN - clock.w, room + 3)),
        ]
        try:
            yield from _shown(mp.CompositeVideoClip(layers, (WIDTH, height), bg_color=(0, 0, 0)), fps)
        except (UserWarning, OSError) as error:
            raise EngineFailed(f"{take.name}: {str(error).splitlines()[0]}") from None


def _slate(roll: Roll, production: str, seconds: float, height: int) -> Any:
    """A scene's slate as a MoviePy clip: sticks, number, title, summary, and whose film it is."""
    mp = _moviepy()
    left, room, sticks = 24, WIDTH - 48, max(16, height // 9)
    base = min(height, 280)
    big, middle, small = (max(floor, round(base * share)) for floor, share in ((16, 0.12), (13, 0.065), (11, 0.05)))
    count = f"{len(roll.takes)} take{'' if len(roll.takes) == 1 else 's'}"
    foot = burnin.lettering(f"{count}  ·  {production}", room, small, colour=burnin.DIM)
    y, bottom = sticks + small, height - small - foot.shape[0]
    layers = [
        mp.ColorClip((WIDTH, height), burnin.GROUND),
        mp.ImageClip(burnin.clapper(WIDTH, sticks)),
        mp.ImageClip(foot).with_position((left, bottom)),
    ]
    for text, size, most, colour, weight in (
        (roll.heading or f"Scene {roll.scene}", big, 1, burnin.INK, 700),
        (roll.title, middle, 2, burnin.INK, 500),
        (roll.summary, small, 3, burnin.DIM, 400),
    ):
        lines = min(most, (bottom - y) // round(size * 1.35))
        if lines < 1 or not text.strip():
            continue
        block = burnin.lettering(text, room, size, lines, colour, weight)
        layers.append(mp.ImageClip(block).with_position((left, y)))
        y += block.shape[0] + small // 2
    timed = [layer.with_duration(seconds) for layer in layers]
    fades = [mp.vfx.FadeIn(FADE_SECONDS), mp.vfx.FadeOut(FADE_SECONDS)]
    return mp.CompositeVideoClip(timed, use_bgclip=True).with_duration(seconds).with_effects(fades)


def _fitted(fact: Facts, room: int) -> tuple[int, int]:
    """Width and height of a clip's picture inside ``WIDTH`` times ``room`` pixels."""
    scale = min(WIDTH / fact.width, room / fact.height)
    return min(WIDTH, _even(fact.width * scale)), min(room, _even(fact.height * scale))


def _even(pixels: float) -> int:
    """The nearest even number, as H.264 in yuv420p wants them."""
    return max(2, 2 * round(pixels / 2))
