"""How many frames to ask a model for, how to chain its calls, and how frames become a clip."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.engines.base import Capabilities, Clip
from studio.story.brief import Brief


@dataclass(frozen=True)
class Piece:
    """One call of a pipeline: ``frames`` to render, of which the first ``overlap`` repeat the end of the last piece."""

    frames: int
    overlap: int = 0
    index: int = 0
    final: bool = True


def next_valid(frames: int, step: int, offset: int) -> int:
    """The smallest ``step * k + offset`` with k ≥ 1 that is at least ``frames``."""
    return step * max(1, math.ceil((frames - offset) / step)) + offset


def last_valid(frames: int, step: int, offset: int) -> int:
    """The largest ``step * k + offset`` with k ≥ 1 that is at most ``frames``."""
    return step * max(1, (frames - offset) // step) + offset


def pieces(frames: int, able: Capabilities, per_call: int, overlap: int) -> list[Piece]:
    """Calls that together give at least ``frames`` distinct frames, as equal in length as the frame rule allows."""
    rule = able.frame_step, able.frame_offset
    longest = last_valid(per_call, *rule)
    if frames <= longest:
        return [Piece(next_valid(frames, *rule))]
    count = math.ceil((frames - overlap) / (longest - overlap))
    length = next_valid(math.ceil((frames + (count - 1) * overlap) / count), *rule)
    last = next_valid(frames - length - (count - 2) * (length - overlap) + overlap, *rule)
    return [Piece(last if n == count - 1 else length, overlap if n else 0, n, n == count - 1) for n in range(count)]


def notes_on(frames: int, made: list[Piece]) -> list[str]:
    """What had to be done to give ``frames`` frames, in words for the log."""
    notes = []
    if len(made) > 1:
        notes.append(f"{len(made)} calls of {made[0].frames} frames chained, {made[1].overlap} frames overlapping")
    extra = sum(piece.frames - piece.overlap for piece in made) - frames
    if extra:
        rendered = frames + extra
        notes.append(f"{rendered} frames rendered for the model's frame rule, the last {extra} trimmed")
    return notes


def to_bytes(video: Any) -> np.ndarray:
    """A pipeline's video, (frames, height, width, 3) floats in 0…1, as uint8."""
    return (np.clip(np.asarray(video, dtype=np.float32), 0.0, 1.0) * 255.0).round().astype(np.uint8)


def write(frames: np.ndarray, brief: Brief, out: Path, notes: list[str]) -> Clip:
    """Encode ``frames`` (frames, height, width, 3) uint8 as the clip of ``brief``, keyframes at its handles."""
    from studio.edit.encode import Encoder

    handles = int(brief.parameters.get("handles", 0))
    keyframes = [n for n in (handles, brief.frames - handles) if 0 < n < brief.frames]
    with Encoder(out, brief.width, brief.height, brief.fps, keyframes=keyframes) as encoder:
        for frame in frames:
            encoder.write(frame)
    return Clip(out, len(frames), brief.fps, brief.width, brief.height, tuple(notes))
