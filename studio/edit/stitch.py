"""Stitching: dissolves are encoded anew, everything else is copied packet by packet."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.edit.encode import colour_filters, ffmpeg_exe, video_options
from studio.edit.join import write
from studio.edit.probe import Facts, decode_strictly, probe
from studio.edit.soundtrack import lay
from studio.errors import EngineFailed
from studio.publish import publish_path


@dataclass(frozen=True)
class Item:
    """One clip of the cut list; ``dissolve`` frames at its start overlap with the end of the one before."""

    path: Path
    frames: int
    dissolve: int = 0


@dataclass(frozen=True)
class Cut:
    """What was made: ``method`` is ``smart`` or ``one-pass``, ``notes`` say why where it is the latter."""

    frames: int
    seconds: float
    method: str
    notes: list[str] = field(default_factory=list)


def total_frames(items: Sequence[Item]) -> int:
    """Length of the film: dissolves are counted once."""
    return sum(item.frames - item.dissolve for item in items)


Dissolves = Callable[[Item, Item], bytes | None]
"""The clip that takes one item over into the next, as `encode_dissolve` made it; None where nobody has."""


def stitch(
    items: Sequence[Item], out: Path, metadata: dict[str, str], sound: Callable[[], Path] | None = None,
    dissolves: Dissolves | None = None,
) -> Cut:  # fmt: skip
    """Join ``items`` into ``out`` (published whole, decoded strictly). Raises EngineFailed.

    ``sound`` gives the track to lay under the pictures; it is asked when they are joined, so it may be made meanwhile.
    ``dissolves`` is asked for those that were encoded before.
    """
    facts = [probe(item.path) for item in items]
    for item, fact in zip(items, facts, strict=True):
        if fact.frames != item.frames:
            raise EngineFailed(f"{item.path.name} has {fact.frames} frames, the cut list says {item.frames}")
    why = _obstacle(items, facts)
    temporary = out.with_name(f".{out.stem}.{os.getpid()}.mp4")
    try:
        if why:
            one_pass(items, temporary, metadata, facts[0])
        else:
            smart(items, temporary, metadata, facts[0], dissolves)
        decode_strictly(temporary)  # while the sound is being made; its packets are only copied after this
        if sound:
            silent = temporary.with_name(f".{out.stem}.{os.getpid()}.silent.mp4")
            os.replace(temporary, silent)
            try:
                lay(silent, sound(), temporary)
            finally:
                silent.unlink()
            decode_strictly(temporary, "a")
        made = probe(temporary)
        if made.frames != total_frames(items):
            raise EngineFailed(f"the cut has {made.frames} frames instead of {total_frames(items)}")
        publish_path(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    notes = [f"stitched in one pass: {why}"] if why else []
    return Cut(made.frames, made.frames / facts[0].fps, "one-pass" if why else "smart", notes)


def _obstacle(items: Sequence[Item], facts: Sequence[Facts]) -> str:
    """Why packets cannot be copied; empty where they can."""
    first = facts[0]
    for n, (item, fact) in enumerate(zip(items, facts, strict=True)):
        if (fact.width, fact.height, fact.fps) != (first.width, first.height, first.fps):
            shape = f"{fact.width}x{fact.height} at {fact.fps:g} fps"
            return f"{item.path.name} is {shape}, the film is {first.width}x{first.height} at {first.fps:g}"
        if fact.extradata != first.extradata:
            return f"{item.path.name} was encoded with other parameters"
        after = items[n + 1].dissolve if n + 1 < len(items) else 0
        if item.dissolve + after >= item.frames:
            return f"{item.path.name} is too short for its dissolves"
        missing = [
            k
            for k in (item.dissolve, item.frames - after)
            if 0 < k < item.frames and k not in _keyframes(item.path, fact.fps)
        ]
        if missing:
            return f"{item.path.name} has no keyframe at frame {missing[0]}"
    return ""


def _keyframes(path: Path, fps: float) -> set[int]:
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.size and p.is_keyframe]
        return {round(float(p.pts * p.time_base) * fps) for p in packets if p.pts is not None}


def smart(
    items: Sequence[Item], out: Path, metadata: dict[str, str], fact: Facts, dissolves: Dissolves | None = None
) -> None:
    """Copy packets and encode only the dissolves; every clip needs keyframes at its dissolves' edges."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".stitch-") as folder:
        write(_segments(items, Path(folder), fact, dissolves), items[0].path, out, fact.fps, metadata)


def _segments(
    items: Sequence[Item], folder: Path, fact: Facts, dissolves: Dissolves | None
) -> Iterator[tuple[Path, int, int]]:
    """(file, first frame, end frame) of each piece of the film, in order."""
    for n, item in enumerate(items):
        if item.dissolve:
            fade, before = folder / "dissolve.mp4", items[n - 1]
            ready = dissolves(before, item) if dissolves else None
            fade.write_bytes(ready or b"")
            if not ready:
                _dissolve(before, item, fade, fact)
            yield fade, 0, item.dissolve
        after = items[n + 1].dissolve if n + 1 < len(items) else 0
        yield item.path, item.dissolve, item.frames - after


def _run(graph: Any) -> None:
    import ffmpeg

    done = subprocess.run(
        ffmpeg.compile(graph, cmd=ffmpeg_exe()), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=3600
    )
    if done.returncode != 0:
        raise EngineFailed(f"ffmpeg could not stitch: {done.stderr.strip()[-300:]}")


def encode_dissolve(before: Item, after: Item) -> bytes:
    """The dissolve at the start of ``after`` as a clip of its own. Raises EngineFailed."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "dissolve.mp4"
        _dissolve(before, after, made, probe(after.path))
        return made.read_bytes()


def _dissolve(before: Item, after: Item, out: Path, fact: Facts) -> None:
    """Encode the overlap of two clips; both are entered at a keyframe, so only the overlap is decoded."""
    import ffmpeg

    count = after.dissolve
    a = ffmpeg.input(str(before.path), ss=f"{(before.frames - count) / fact.fps:.6f}")
    b = ffmpeg.input(str(after.path), t=f"{count / fact.fps:.6f}")
    a, b = (s.filter("settb", "AVTB").filter("setpts", "PTS-STARTPTS").filter("fps", fact.fps) for s in (a, b))
    joined = ffmpeg.filter([a, b], "xfade", transition="fade", duration=count / fact.fps, offset=0)
    _run(_output(joined, out, fact, {}, frames=count))


def _output(stream: Any, out: Path, fact: Facts, metadata: dict[str, str], frames: int) -> Any:
    import ffmpeg

    for name, arguments, options in colour_filters():
        stream = stream.filter(name, *arguments, **options)
    encoding: dict[str, object] = {**video_options(), "r": fact.fps, "frames:v": frames}
    for n, (key, value) in enumerate(sorted(metadata.items())):
        encoding[f"metadata:g:{n}"] = f"{key}={value}"
    return ffmpeg.output(stream, str(out), **encoding).global_args("-hide_banner", "-loglevel", "error", "-y")


def one_pass(items: Sequence[Item], out: Path, metadata: dict[str, str], fact: Facts) -> None:
    """Decode and encode everything in one ffmpeg run; clips of other sizes and rates are conformed to the first."""
    import ffmpeg

    film, length = None, 0.0
    for n, item in enumerate(items):
        # ffmpeg-python merges equal nodes; the item's number keeps a clip that appears twice apart.
        clip = ffmpeg.input(str(item.path)).filter("setpts", f"PTS-STARTPTS+0*{n}").filter("fps", fact.fps)
        clip = clip.filter("scale", fact.width, fact.height).filter("settb", "AVTB").filter("setsar", 1)
        seconds, dissolve = item.frames / fact.fps, item.dissolve / fact.fps
        if film is None:
            film, length = clip, seconds
        elif item.dissolve:
            film = ffmpeg.filter([film, clip], "xfade", transition="fade", duration=dissolve, offset=length - dissolve)
            length += seconds - dissolve
        else:
            film = ffmpeg.filter([film, clip], "concat", n=2, v=1, a=0).filter("settb", "AVTB")
            length += seconds
    _run(_output(film, out, fact, metadata, frames=total_frames(items)))
