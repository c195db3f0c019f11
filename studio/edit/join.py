"""Packets: read them out of one clip, write them into another, without touching a pixel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from studio.edit.probe import probe
from studio.errors import EngineFailed

REORDER = 2
"""Frames by which x264's B-pyramid lets decoding run ahead of display."""

Piece = tuple[Path, int, int]
"""File, first frame, end frame."""


def packets(path: Path, fps: float, first: int, last: int) -> Iterator[tuple[int, bool, bytes]]:
    """(display index from ``first``, keyframe, bytes) of the frames ``first`` … ``last - 1``, in decoding order."""
    import av

    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.video[0]):
            if not packet.size or packet.pts is None:
                continue
            shown = round(float(packet.pts * packet.time_base) * fps)
            if first <= shown < last:
                yield shown - first, packet.is_keyframe, bytes(packet)


def write(pieces: Iterable[Piece], template_file: Path, out: Path, fps: float, metadata: dict[str, str]) -> None:
    """Write the frames of ``pieces`` one after the other; every piece begins with a keyframe of a closed GOP."""
    import av
    from av.packet import Packet

    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(template_file)) as template, av.open(str(out), "w", options=options) as film:
        source = template.streams.video[0]
        stream = film.add_stream_from_template(source)
        film.metadata.update(metadata)
        assert source.average_rate is not None
        tick = Fraction(1) / source.average_rate
        stream.time_base = tick
        written = 0
        for path, first, last in pieces:
            start = written
            for display, keyframe, data in packets(path, fps, first, last):
                packet = Packet(data)
                packet.stream, packet.time_base = stream, tick
                packet.pts, packet.dts, packet.duration = start + display, written - REORDER, 1
                packet.is_keyframe = keyframe
                film.mux(packet)
                written += 1


def join(files: Sequence[Path], out: Path) -> None:
    """Put the parts of one clip together; raises EngineFailed where they were encoded differently."""
    facts = [probe(file) for file in files]
    if any(fact.extradata != facts[0].extradata for fact in facts):
        raise EngineFailed("the parts of the clip were encoded with different parameters")
    pieces = [(file, 0, fact.frames) for file, fact in zip(files, facts, strict=True)]
    write(pieces, files[0], out, facts[0].fps, {})
