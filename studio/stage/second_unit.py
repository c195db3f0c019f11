"""The second unit: one process beside the stage for what the cut needs and no take waits for (cards, sound)."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from studio.errors import EngineFailed, Stopped
from studio.stage.processes import context, die_with_parent

T = TypeVar("T")


class SecondUnit:
    """Does one job after the other in a process that starts with the first and dies with its parent."""

    def __init__(self) -> None:
        self._queue = ThreadPoolExecutor(1)
        self._lock = threading.Lock()
        self._closed = False
        self._process: Any = None
        self._pipe: Any = None

    def ask(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Begin ``work(*arguments)``, which like its result must be picklable; jobs are done in the order of asking.

        The future raises what the work raised, EngineFailed where the process died in the middle of it, and Stopped
        after `close`."""
        try:
            return self._queue.submit(self._do, work, arguments)
        except RuntimeError:
            raise Stopped(_CLOSED) from None

    def _do(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        self._hire()
        try:
            self._pipe.send((work, arguments))
            error, result = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(2)
            if self._closed:
                raise Stopped(_CLOSED) from None
            raise EngineFailed(f"crash: the second unit died with exit code {self._process.exitcode}") from None
        if error is not None:
            raise error
        return result

    def _hire(self) -> None:
        with self._lock:
            if self._closed:
                raise Stopped(_CLOSED)
            if self._process is not None and self._process.is_alive():
                return
            beside = context()
            self._pipe, theirs = beside.Pipe()
            self._process = beside.Process(target=_work, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()

    def close(self) -> None:
        """Send it home; what it was at is given up."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()
        self._queue.shutdown(wait=True, cancel_futures=True)


_CLOSED = "the second unit was sent home in the middle of its work; `studio resume` goes on"


def _work(pipe: Connection) -> None:
    """Answer jobs ``(work, arguments)`` with ``(error or None, result)``."""
    die_with_parent()
    os.nice(10)  # takes go first: they are what everybody waits for
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            work, arguments = pipe.recv()
        except EOFError:
            return
        try:
            result = work(*arguments)
        except Exception as error:  # noqa: BLE001 - it is raised again where the work was asked for
            pipe.send((error, None))
        else:
            pipe.send((None, result))
