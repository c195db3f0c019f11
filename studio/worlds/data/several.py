"""Several data sets read as one: more of a game (its dreams, say), or several games in one training."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch, Dataset, stacked
from studio.worlds.data.manifest import NO_ACTION, Manifest


def games(manifests: Sequence[Manifest]) -> list[list[str]]:
    """Names of each game's actions, in the order in which `joined_actions` numbers them; nothing where all are one."""
    found = dict.fromkeys(tuple(manifest.action_names) for manifest in manifests)
    return [list(names) for names in found] if len(found) > 1 else []


def joined_actions(manifests: Sequence[Manifest]) -> tuple[list[str], list[int]]:
    """Names of all actions, and for each data set where its own begin. Data sets whose names are equal share them; the
    others are told apart, so that an action also says which game is played. Raises BadInput for more than 254."""
    names: list[str] = []
    begins: dict[tuple[str, ...], int] = {}
    offsets = []
    for manifest in manifests:
        own = tuple(manifest.action_names)
        if own not in begins:
            begins[own] = len(names)
            names.extend(own)
        offsets.append(begins[own])
    if len(names) >= NO_ACTION:
        raise BadInput(f"these data sets have {len(names)} actions together; one training has at most {NO_ACTION - 1}")
    return names, offsets


class Datasets:
    """Reads like one Dataset. Raises BadInput where frames are not of one size."""

    def __init__(self, parts: Sequence[Dataset]) -> None:
        first = parts[0]
        for part in parts[1:]:
            if (part.manifest.height, part.manifest.width) != (first.manifest.height, first.manifest.width):
                raise BadInput(
                    f"{part.folder} has frames of {part.manifest.height}x{part.manifest.width}, {first.folder} of "
                    f"{first.manifest.height}x{first.manifest.width}; data sets of one training have one size"
                )
        self.parts, self.length = list(parts), first.length
        names, self._offsets = joined_actions([part.manifest for part in parts])
        self.manifest = first.manifest.model_copy(update={"action_names": names})
        self.games = games([part.manifest for part in parts])
        self.shards = [shard for part in parts for shard in part.shards]
        self._windows = [0, *accumulate(len(part) for part in parts)]
        self._shards = [0, *accumulate(len(part.shards) for part in parts)]

    def __len__(self) -> int:
        return self._windows[-1]

    def place(self, index: int) -> tuple[int, int]:
        """(shard, frame in it) where window ``index`` starts."""
        part = bisect_right(self._windows, index) - 1
        if not 0 <= part < len(self.parts):
            raise IndexError(f"window {index} of {len(self)}")
        shard, start = self.parts[part].place(index - self._windows[part])
        return self._shards[part] + shard, start

    def read(self, shard: int, name: str, start: int, stop: int) -> Any:
        """As Dataset does; actions are numbered through all data sets."""
        part = bisect_right(self._shards, shard) - 1
        rows = self.parts[part].read(shard - self._shards[part], name, start, stop)
        if name == "actions" and self._offsets[part]:
            return np.where(rows == NO_ACTION, NO_ACTION, rows + self._offsets[part])
        return rows

    def batch(self, indices: Sequence[int], boxes: bool = False) -> Batch:
        """Windows ``indices`` together."""
        return stacked(self, indices, boxes)


def open_datasets(
    folders: Sequence[Path], split: str, length: int, skip_damaged: bool = False, say: Any = lambda line: None
) -> Dataset | Datasets:
    """The windows of one data set or of several. Raises BadInput."""
    parts = [Dataset(folder, split, length, skip_damaged, say) for folder in folders]
    return parts[0] if len(parts) == 1 else Datasets(parts)
