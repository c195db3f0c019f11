"""Conforming: a clip of another rate or size becomes one of the film's, with every movement at its true speed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studio.edit.encode import colour_filters, ffmpeg_exe, video_options
from studio.edit.probe import probe
from studio.errors import EngineFailed
from studio.publish import publish_path

VERSION = "1"
"""Raise it whenever the same clip would be conformed to other pixels."""
CROP = 0.25
"""Largest share of the picture that may be cut away to fill the frame; where more would go, bars are added instead."""


@dataclass(frozen=True)
class Format:
    """Size in pixels and rate in frames a second."""

    width: int
    height: int
    fps: float

    def __str__(self) -> str:
        return f"{self.width}x{self.height} at {self.fps:g} fps"


def length(frames: int, fps: float, film_fps: float) -> int:
    """Frames at ``film_fps`` that last as long as ``frames`` at ``fps``; at least one."""
    return max(1, round(frames * film_fps / fps))


def cut_away(clip: Format, film: Format) -> float:
    """Share of the clip's picture, 0…1, that lies outside the film's frame when it is scaled to fill it."""
    narrow, wide = sorted((clip.width / clip.height, film.width / film.height))
    return 1 - narrow / wide


def fit(clip: Format, film: Format) -> Literal["crop", "pad"]:
    """``crop``: fill the frame and cut away the edges; ``pad``: show the whole picture between black bars."""
    return "crop" if cut_away(clip, film) <= CROP else "pad"


def describe(clip: Format, film: Format) -> str:
    """What conforming does to a clip, in words for log and report; empty where there is nothing to do."""
    if clip == film:
        return ""
    done = []
    lost = cut_away(clip, film)
    if (clip.width, clip.height) != (film.width, film.height):
        shape = (
            "scaled" if lost < 0.005 else f"{lost:.0%} cut away" if fit(clip, film) == "crop" else "black bars added"
        )
        done.append(shape)
    if clip.fps != film.fps:
        done.append(f"frames {'repeated' if clip.fps < film.fps else 'left out'}, motion at true speed")
    return f"clips of {clip} are conformed to the film's {film}: {'; '.join(done)}"


def conform(source: Path, out: Path, clip: Format, film: Format, frames: int, handles: int = 0) -> None:
    """Publish ``source`` (a clip of format ``clip``) as ``out`` with exactly ``frames`` frames of format ``film``.

    Keyframes are forced ``handles`` frames from either end, as engines do, so that the stitch can copy packets.
    What carries no colour tags is read as BT.601, which is how libraries write RGB frames that they do not tag.
    Raises EngineFailed with ffmpeg's words."""
    import ffmpeg

    times = [max(0.0, (n - 0.5) / film.fps) for n in sorted({handles, frames - handles}) if 0 < n < frames]
    options: dict[str, object] = {**video_options(keyframes=times), "r": film.fps, "frames:v": frames, "an": None}
    temporary = out.with_name(f".{out.stem}.{os.getpid()}.mp4")
    graph = ffmpeg.output(_picture(ffmpeg.input(str(source)), clip, film), str(temporary), **options)
    command = ffmpeg.compile(graph.global_args("-hide_banner", "-loglevel", "error", "-y"), cmd=ffmpeg_exe())
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=3600)
        if done.returncode != 0:
            raise EngineFailed(f"ffmpeg could not conform {source.name}: {done.stderr.strip()[-300:]}")
        made = probe(temporary)
        if (made.frames, made.width, made.height) != (frames, film.width, film.height):
            found = f"{made.frames} frames of {made.width}x{made.height}"
            raise EngineFailed(f"{source.name} was conformed to {found} instead of {frames} of {film}")
        publish_path(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)


def _picture(stream: Any, clip: Format, film: Format) -> Any:
    """The filters of one clip; the last frame is held where rounding leaves the film one frame longer."""
    stream = stream.video.filter("setpts", "PTS-STARTPTS").filter("fps", film.fps, round="near")
    stream = stream.filter("tpad", stop=-1, stop_mode="clone")
    if (clip.width, clip.height) != (film.width, film.height):
        cropped = fit(clip, film) == "crop"
        how = "increase" if cropped else "decrease"
        stream = stream.filter(
            "scale", film.width, film.height, force_original_aspect_ratio=how, force_divisible_by=2, flags="lanczos"
        )
        if cropped:
            stream = stream.filter("crop", film.width, film.height)
        else:
            stream = stream.filter("pad", film.width, film.height, "(ow-iw)/2", "(oh-ih)/2", color="black")
    stream = stream.filter("setsar", 0)  # unsaid, as the encoder leaves it: the same header in every clip
    for name, arguments, named in colour_filters():
        stream = stream.filter(name, *arguments, **named)
    return stream
