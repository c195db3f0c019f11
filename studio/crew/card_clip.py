"""A card as a clip; apart from `cards`, for a worker that imports nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from studio.edit.encode import Encoder
from studio.previz.cards import card
from studio.publish import publish_path


def make(
    path: Path, text: str, under: str, genre: str, width: int, height: int, fps: float, frames: int, handles: int
) -> None:
    """Publish a card's clip, unless it is there."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.mp4")
    with Encoder(temporary, width, height, fps, keyframes=(handles, frames - handles)) as encoder:
        for n in range(frames):
            encoder.write(card(text, under, genre, width, height, n / max(1, frames - 1)))
    publish_path(temporary, path)
