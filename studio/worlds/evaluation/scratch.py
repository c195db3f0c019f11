"""Room for frames: memory for few, a file for many, so that a minute of many rollouts fits any machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

MEMORY = 256 * 2**20
"""Bytes from which frames lie in a file."""


class Scratch:
    """Gives room in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0

    def frames(self, *shape: int) -> Tensor:
        """uint8 zeros."""
        if prod(shape) < MEMORY:
            return torch.zeros(shape, dtype=torch.uint8)
        self._count += 1
        path = self._folder / f"{self._count}.npy"
        return torch.from_numpy(np.lib.format.open_memmap(path, "w+", np.uint8, shape))


@contextmanager
def scratch(folder: Path) -> Iterator[Scratch]:
    """A `Scratch` below ``folder`` that leaves nothing behind."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".frames-", dir=folder) as name:
        yield Scratch(Path(name))
