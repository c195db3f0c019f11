"""`manifest.json` of a data set: its recipe, its shards with checksums, the episodes in each.

Splits are by level: a level's seed belongs to one split for ever, whatever is recorded (`level_of`). Imported clips
have no levels; the last tenth of each file is its validation split.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from studio.errors import BadInput
from studio.publish import publish_text

SPLITS = ("train", "val", "test")
LEVELS = 1_000_000
"""Levels a split: train has 0…999,999, val the million after, test the one after that."""
NO_ACTION = 255
"""In `actions`: nothing was done at this frame (an episode's last one), or what was done is not known."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Episode(_Record):
    """Consecutive frames of one shard. ``level``: seed, or -1 where there is none.

    ``prelude``: runs of (action, steps) played before the first frame, so that a simulator can be brought there.
    """

    start: int
    frames: int
    level: int = -1
    policy: str = ""
    prelude: list[tuple[int, int]] = []


class Shard(_Record):
    """One safetensors file."""

    file: str
    split: Literal["train", "val", "test"]
    frames: int
    bytes: int
    sha256: str
    episodes: list[Episode]


class Manifest(_Record):
    """The whole of ``manifest.json``. ``recipe`` is what was asked for; another recipe is another data set."""

    schema_version: Literal[1] = 1
    recipe: dict[str, Any]
    height: int
    width: int
    fps: float
    action_names: list[str]
    state_names: list[str] = []
    kinds: list[str] = []
    shards: list[Shard] = []
    sources: dict[str, str] = {}
    """Imported files: sha256 -> name."""

    def save(self, folder: Path) -> None:
        """Publish ``folder/manifest.json``; shards in the order of their names."""
        self.shards.sort(key=lambda shard: shard.file)
        publish_text(folder / "manifest.json", self.model_dump_json(indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Raises BadInput where ``folder`` is no data set."""
    path = folder / "manifest.json"
    try:
        return Manifest.model_validate_json(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(
            f"{folder} is no data set: it has no manifest.json; make one with `studio world record`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{path} is damaged: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def level_of(split: str, number: int) -> int:
    """Seed of the ``number``-th level of ``split``. Raises BadInput outside 0…999,999."""
    if not 0 <= number < LEVELS:
        raise BadInput(f"level {number} does not exist; a split has levels 0 to {LEVELS - 1}")
    return SPLITS.index(split) * LEVELS + number


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fault_of(folder: Path, shard: Shard) -> str | None:
    """What is wrong with a shard's file: missing, of another size, of other bytes; None where it is whole."""
    path = folder / shard.file
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != shard.bytes:
        return f"has {path.stat().st_size} bytes instead of {shard.bytes}"
    return None if sha256_of(path) == shard.sha256 else "does not have its checksum"
