"""The sound track of a film: AAC that is the same to the bit on every run, laid under pictures that are not touched."""

from __future__ import annotations

import subprocess
from pathlib import Path

from studio.edit.encode import ffmpeg_exe
from studio.errors import DiskFull, EngineFailed

BITRATE = 192_000
"""Bits a second."""


def encode(samples: bytes, rate: int, out: Path) -> None:
    """Write interleaved stereo float32 ``samples`` as AAC into the .m4a file ``out``. Raises EngineFailed, DiskFull."""
    import ffmpeg

    graph = (
        ffmpeg.input("pipe:", format="f32le", ar=rate, ac=2)
        .output(
            str(out), acodec="aac", ab=BITRATE, map_metadata=-1, fflags="+bitexact", threads=1,
            **{"flags:a": "+bitexact"},
        )
        .global_args("-hide_banner", "-loglevel", "error", "-y")
    )  # fmt: skip
    _run(graph, out, samples)


def lay(film: Path, track: Path, out: Path) -> None:
    """Write the pictures of ``film`` and the sound of ``track`` into ``out``; every packet is copied as it is."""
    import ffmpeg

    picture, sound = ffmpeg.input(str(film)), ffmpeg.input(str(track))
    graph = ffmpeg.output(
        picture.video, sound.audio, str(out), c="copy", map_metadata=0, fflags="+bitexact", movflags="+faststart"
    ).global_args("-hide_banner", "-loglevel", "error", "-y")
    _run(graph, out, b"")


def _run(graph: object, out: Path, data: bytes) -> None:
    import ffmpeg

    done = subprocess.run(ffmpeg.compile(graph, cmd=ffmpeg_exe()), input=data, capture_output=True, timeout=3600)
    text = done.stderr.decode(errors="replace").strip()
    if done.returncode != 0 and "No space left" in text:
        raise DiskFull(f"the disk is full: could not write {out}; free some space and resume")
    if done.returncode != 0:
        raise EngineFailed(f"ffmpeg could not lay the sound: {text[-300:] or done.returncode}")
