"""What all open pages share: the models, the places, and the one thread in which worlds are stepped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from studio.config import Workspace
from studio.viewer.library import Library
from studio.worlds.play.players import Players
from studio.worlds.play.starts import Starts

Result = TypeVar("Result")
SEATS = 8


class Room:
    """``seats``: pages that are open. Several share the machine: their steps take turns."""

    def __init__(self, space: Workspace, players: Players, starts: Starts) -> None:
        self.space, self.players, self.starts = space, players, starts
        self.seats = 0
        # One thread: torch and ONNX Runtime keep threads of their own for each thread that calls them.
        self._worker = ThreadPoolExecutor(1, "world")

    def productions(self) -> list[str]:
        """Names of all productions, newest first."""
        return Library(self.space).names()[::-1]

    async def work(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Call in the worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, call, *arguments)

    def close(self) -> None:
        """Let the thread go."""
        self._worker.shutdown(wait=False, cancel_futures=True)
