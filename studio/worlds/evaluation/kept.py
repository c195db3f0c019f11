"""Footage that is kept for evaluation, and where in it rollouts start."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from studio.errors import BadInput
from studio.worlds.data.dataset import sound_shards
from studio.worlds.data.manifest import NO_ACTION, Episode, Manifest, Shard, read_manifest


@dataclass(frozen=True)
class Start:
    """A frame of an episode after which models go on: its last true one. ``at`` counts from the episode's first."""

    shard: Shard
    episode: Episode
    at: int


class Kept:
    """One split of a data set. Raises BadInput where there is none, or for damaged shards (unless skipped)."""

    def __init__(
        self, folder: Path, split: str, skip_damaged: bool = False, say: Callable[[str], None] = lambda line: None
    ) -> None:
        self.folder, self.split = folder, split
        self.manifest: Manifest = read_manifest(folder)
        wanted = [shard for shard in self.manifest.shards if shard.split == split]
        if not wanted:
            have = ", ".join(sorted({shard.split for shard in self.manifest.shards})) or "nothing"
            raise BadInput(f"{folder} has no {split} split (it has {have}); record one, or choose another with --split")
        only = self.manifest.model_copy(update={"shards": wanted})
        self.shards = sound_shards(folder, only, skip_damaged, say)
        self._files: dict[str, Any] = {}

    def read(self, start: Start, name: str, first: int, stop: int) -> Any:
        """Rows of one of the shard's arrays, ``first`` to ``stop`` after ``start``; None where it has no such array."""
        file = start.shard.file
        if file not in self._files:
            self._files[file] = safe_open(self.folder / file, "np")
        at, opened = start.episode.start + start.at, self._files[file]
        return opened.get_slice(name)[at + first : at + stop] if name in opened.keys() else None  # noqa: SIM118

    def actions(self, start: Start, first: int, stop: int) -> np.ndarray:
        """Recorded actions as int64; unknown ones are 0, as in training."""
        rows = self.read(start, "actions", first, stop).astype(np.int64)
        return np.where(rows == NO_ACTION, 0, rows)

    def furthest(self, context: int) -> int:
        """Most frames that any episode has after ``context`` frames."""
        return max((e.frames for shard in self.shards for e in shard.episodes), default=0) - context

    def starts(self, count: int, context: int, after: int, seed: int) -> list[Start]:
        """``count`` starts with ``context`` frames (their own among them) and ``after`` more: as many episodes as
        there are, each at a random place, before any comes again. Raises BadInput where no episode is long enough."""
        rng = random.Random(f"starts-{seed}")
        long = [(s, e) for s in self.shards for e in s.episodes if e.frames >= context + after]
        if not long:
            raise BadInput(
                f"{self.folder}: no episode of split {self.split} has {context + after} frames "
                f"({context} to look at and {after} to foretell); choose a smaller --context or nearer --horizons"
            )
        found: list[Start] = []
        seen: set[tuple[str, int]] = set()
        for _ in range(1000):
            rng.shuffle(long)
            for shard, episode in long:
                start = Start(shard, episode, rng.randint(context - 1, episode.frames - 1 - after))
                place = (shard.file, episode.start + start.at)
                if place not in seen:
                    seen.add(place)
                    found.append(start)
                if len(found) == count:
                    return found
        return found
