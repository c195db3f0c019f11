"""Reading a data set: windows of consecutive frames, by memory mapping."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from studio.errors import BadInput
from studio.worlds.data.manifest import NO_ACTION, Manifest, Shard, fault_of, read_manifest


@dataclass(frozen=True)
class Batch:
    """B windows of T frames.

    ``frames`` uint8 [B, T, H, W, 3]; ``actions`` int64 [B, T-1], the i-th leads from frame i to frame i+1;
    ``boxes`` int64 [B, T, 16, 5] as in a shard, or None where nobody knows what moves; ``latents`` float
    [B, T, C, h, w] normalised, where a codec has read the frames before (then ``frames`` is empty); ``carried`` in the
    same shape: what each frame would be if everything went on as it moved, where a model wants to know.
    """

    frames: Tensor
    actions: Tensor
    boxes: Tensor | None = None
    latents: Tensor | None = None
    carried: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same batch on ``device``."""
        held = (self.frames, self.actions, self.boxes, self.latents, self.carried)
        return Batch(*(each if each is None else each.to(device) for each in held))  # type: ignore[arg-type]

    def moving(self, size: tuple[int, int] | None = None) -> Tensor | None:
        """bool [B, T, H, W]: pixels in the box of something that moves; None without boxes. ``size``: height and width,
        where the frames themselves are not here."""
        if self.boxes is None:
            return None
        height, width = size or self.frames.shape[2:4]
        rows = torch.arange(height, device=self.frames.device).view(1, 1, 1, -1)
        columns = torch.arange(width, device=self.frames.device).view(1, 1, 1, -1)
        kind, left, top, right, bottom = self.boxes.unsqueeze(-1).unbind(-2)
        inside_y = ((rows >= top) & (rows < bottom) & (kind > 0)).float()
        inside_x = ((columns >= left) & (columns < right)).float()
        return torch.einsum("btky,btkx->btyx", inside_y, inside_x) > 0


class Dataset:
    """Windows of ``length`` frames of one split; ``len`` counts them.

    Raises BadInput that names every damaged shard, or passes over them and tells ``say`` with ``skip_damaged``; also
    where the split has no window of that length.
    """

    def __init__(
        self,
        folder: Path,
        split: str,
        length: int,
        skip_damaged: bool = False,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.folder, self.length = folder, length
        self.manifest: Manifest = read_manifest(folder)
        self.shards = [s for s in sound_shards(folder, self.manifest, skip_damaged, say) if s.split == split]
        self._files: dict[int, Any] = {}
        self._starts: list[tuple[int, int, int]] = []
        total = 0
        for index, shard in enumerate(self.shards):
            for episode in shard.episodes:
                if episode.frames >= length:
                    self._starts.append((total, index, episode.start))
                    total += episode.frames - length + 1
        self._count, self._firsts = total, [start[0] for start in self._starts]
        if not total:
            frames = sum(shard.frames for shard in self.shards)
            raise BadInput(f"{folder}: split {split} ({frames} frames) has no {length} frames in a row; record more")

    def __len__(self) -> int:
        return self._count

    def read(self, shard: int, name: str, start: int, stop: int) -> Any:
        """Rows ``start`` to ``stop`` of one of a shard's arrays; None where it has no such array."""
        if shard not in self._files:
            self._files[shard] = safe_open(self.folder / self.shards[shard].file, "np")
        file = self._files[shard]
        return file.get_slice(name)[start:stop] if name in file.keys() else None  # noqa: SIM118

    def place(self, index: int) -> tuple[int, int]:
        """(shard, frame in it) where window ``index`` starts."""
        if not 0 <= index < self._count:
            raise IndexError(f"window {index} of {self._count}")
        first, shard, start = self._starts[bisect_right(self._firsts, index) - 1]
        return shard, start + index - first

    def batch(self, indices: Sequence[int], boxes: bool = False) -> Batch:
        """Windows ``indices`` together. Unknown actions are read as 0."""
        return stacked(self, indices, boxes)


def stacked(source: Any, indices: Sequence[int], boxes: bool) -> Batch:
    """Windows of anything that has `Dataset.place`, `Dataset.read` and ``length``."""
    frames, actions, found = [], [], []
    for index in indices:
        shard, start = source.place(index)
        frames.append(source.read(shard, "frames", start, start + source.length))
        actions.append(source.read(shard, "actions", start, start + source.length - 1))
        if boxes:
            found.append(source.read(shard, "boxes", start, start + source.length))
    acted = np.stack(actions).astype(np.int64)
    return Batch(
        torch.from_numpy(np.stack(frames)),
        torch.from_numpy(np.where(acted == NO_ACTION, 0, acted)),
        boxes_of(found) if boxes else None,
    )


def boxes_of(found: Sequence[Any]) -> Tensor | None:
    """Boxes of several windows together; None where one has none."""
    return None if any(each is None for each in found) else torch.from_numpy(np.stack(found).astype(np.int64))


def sound_shards(
    folder: Path, manifest: Manifest, skip_damaged: bool = False, say: Callable[[str], None] = lambda line: None
) -> list[Shard]:
    """Shards whose files are whole (size and checksum). Raises BadInput that names the others, unless skipped."""
    size = (manifest.height, manifest.width)
    faults = {shard.file: fault for shard in manifest.shards if (fault := _fault(folder, shard, *size))}
    if faults and not skip_damaged:
        named = "; ".join(f"{file} {fault}" for file, fault in faults.items())
        raise BadInput(f"{folder}: {named}; record again to repair, or go on without with --skip-damaged")
    for file, fault in faults.items():
        say(f"{file} {fault}; it is passed over")
    return [shard for shard in manifest.shards if shard.file not in faults]


def _fault(folder: Path, shard: Shard, height: int, width: int) -> str | None:
    fault = fault_of(folder, shard)
    if fault:
        return fault
    try:
        with safe_open(folder / shard.file, "np") as file:
            shape, acted = (file.get_slice(name).get_shape() for name in ("frames", "actions"))
    except SafetensorError as error:
        return f"is no shard ({error})"
    if shape[0] != shard.frames or acted != [shard.frames]:
        return f"has {shape[0]} frames and {acted[0]} actions instead of {shard.frames}"
    if shape[1:] != [height, width, 3]:
        return f"has frames of {shape[1:]} instead of {[height, width, 3]}"
    beyond = [e for e in shard.episodes if e.start < 0 or e.frames < 1 or e.start + e.frames > shard.frames]
    return f"has {shard.frames} frames, and an episode beyond them" if beyond else None
