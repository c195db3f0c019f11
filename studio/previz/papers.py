"""Papers that both halves of a take show are painted once: each worker takes what the other has laid out already."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from studio.previz.sheet import Sheet

T = TypeVar("T")


class Papers:
    """A folder in which two workers lay out sheets. One paints from the back to the front, the other the other way
    round, so that they meet in the middle; nobody waits for anybody."""

    def __init__(self, folder: Path, forwards: bool) -> None:
        self.folder, self.forwards = folder, forwards
        folder.mkdir(parents=True, exist_ok=True)

    def sheets(self, groups: Sequence[T], paint: Callable[[T], Sheet | None]) -> list[Sheet | None]:
        """The sheet of each group: found in the folder, or painted now and laid out there."""
        found: dict[int, Sheet | None] = {}
        numbers = range(len(groups))
        for n in numbers if self.forwards else reversed(numbers):
            known, found[n] = self._found(n)
            if not known:
                found[n] = paint(groups[n])
                self._lay_out(n, found[n])
        return [found[n] for n in numbers]

    def _found(self, number: int) -> tuple[bool, Sheet | None]:
        try:
            told = np.load(self.folder / f"{number}-told.npy", allow_pickle=False)
            if not told.size:
                return True, None
            paper = np.load(self.folder / f"{number}-paper.npy", allow_pickle=False)
        except FileNotFoundError:
            return False, None
        return True, Sheet(paper, told[:6].reshape(2, 3), float(told[6]), bool(told[7]))

    def _lay_out(self, number: int, sheet: Sheet | None) -> None:
        told = np.empty(0) if sheet is None else np.array([*sheet.matrix.reshape(-1), sheet.z, sheet.solid])
        try:
            if sheet is not None:
                self._write(f"{number}-paper.npy", sheet.paper)
            self._write(f"{number}-told.npy", told)  # last: who reads it finds the paper
        except OSError:
            return  # no room: the other one paints its own

    def _write(self, name: str, array: np.ndarray) -> None:
        temporary = self.folder / f".{name}.{os.getpid()}"
        try:
            with open(temporary, "wb") as file:
                np.save(file, array, allow_pickle=False)
            os.replace(temporary, self.folder / name)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
