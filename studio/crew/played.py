"""Played takes: footage that a person played in a world model, kept with the actions that made it.

It lands in ``runs/NAME/played/take-N.mp4`` (with ``take-N.json``) and is screened with the dailies. It is no take of a
shot: no brief asked for it, so it is neither scored nor learned from, and never circled.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.config import Workspace
from studio.edit.encode import Encoder
from studio.edit.probe import decode_strictly
from studio.errors import BadInput
from studio.publish import publish_path, publish_text

LONGEST = 12_000
"""Frames of a take: ten minutes at 20 a second."""
TALLEST = 480
"""Pixels that a frame is enlarged to at most, by a whole number, so that its pixels stay sharp."""


@dataclass(frozen=True)
class Played:
    """One played take; ``facts`` is its JSON file."""

    number: int
    path: Path
    facts: dict[str, Any]

    @property
    def name(self) -> str:
        return f"played_tk{self.number}"


class Roll:
    """Frames on their way to becoming a take, uint8 RGB [H, W, 3]. They wait in a file that has no name, so that memory
    stays flat and nothing is left behind."""

    def __init__(self, first: np.ndarray) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the roll
        self.shape, self.actions = first.shape, list[int]()
        self._file.write(first.tobytes())

    @property
    def full(self) -> bool:
        return len(self.actions) + 1 >= LONGEST

    def append(self, action: int, frame: np.ndarray) -> None:
        """The frame that ``action`` led to."""
        self._file.write(np.ascontiguousarray(frame).data)
        self.actions.append(action)

    def frames(self) -> Any:
        """All frames in order."""
        self._file.seek(0)
        size = int(np.prod(self.shape))
        while data := self._file.read(size):
            yield np.frombuffer(data, np.uint8).reshape(self.shape)

    def close(self) -> None:
        """Let the frames go."""
        self._file.close()

    def __enter__(self) -> Roll:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def keep(space: Workspace, production: str, roll: Roll, fps: float, facts: dict[str, Any]) -> Played:
    """Encode ``roll`` as the next played take of ``production``, or of nobody's (``runs/.worlds/takes``) where that is
    empty. Raises BadInput for an unknown production and for a roll without actions."""
    if not roll.actions:
        raise BadInput("nothing was played: a take has two frames at least")
    folder = folder_for(space, production)
    folder.mkdir(parents=True, exist_ok=True)
    height, width = roll.shape[:2]
    scale = max(1, TALLEST // height)
    temporary = folder / f".take.{os.getpid()}.{id(roll):x}.mp4"
    try:
        with Encoder(temporary, width * scale, height * scale, fps, crf=12) as encoder:
            for frame in roll.frames():
                encoder.write(frame.repeat(scale, 0).repeat(scale, 1))
        decode_strictly(temporary)
        told = {
            **{"schema_version": 1, **facts, "fps": fps, "frames": len(roll.actions) + 1, "scale": scale},
            **{"actions": roll.actions, "sha256": hashlib.sha256(temporary.read_bytes()).hexdigest()},
        }
        path = _numbered(temporary, folder)
    finally:
        temporary.unlink(missing_ok=True)
    publish_text(path.with_suffix(".json"), json.dumps(told) + "\n")  # last: without it there is no take
    return Played(_number(path), path, told)


def played(folder: Path) -> list[Played]:
    """The played takes in a production's folder, in order; a clip without its JSON file was never finished."""
    found = []
    for path in folder.joinpath("played").glob("take-*.mp4"):
        try:
            facts = json.loads(path.with_suffix(".json").read_text("utf-8"))
            found.append(Played(_number(path), path, facts))
        except (OSError, ValueError):
            continue
    return sorted(found, key=lambda each: each.number)


def whole(take: Played) -> bool:
    """Whether the clip has the bytes that were kept."""
    return hashlib.sha256(take.path.read_bytes()).hexdigest() == take.facts.get("sha256")


def folder_for(space: Workspace, production: str) -> Path:
    """Where played takes of ``production`` are kept. Raises BadInput where there is no such production."""
    if not production:
        return space.runs / ".worlds" / "takes"
    folder = space.runs / production
    if "/" in production or production.startswith(".") or not (folder / "slate.json").is_file():
        raise BadInput(f"no production {production[:80]!r} to keep the take in")
    return folder / "played"


def _numbered(temporary: Path, folder: Path) -> Path:
    """Give the clip the next free number; two pages may end a take at once."""
    number = max((_number(path) for path in folder.glob("take-*.mp4")), default=0) + 1
    while True:
        path = folder / f"take-{number}.mp4"
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
            continue
        publish_path(temporary, path)
        return path


def _number(path: Path) -> int:
    text = path.stem.removeprefix("take-")
    return int(text) if text.isdigit() else 0
