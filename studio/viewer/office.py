"""The production office: starts `studio` as processes of their own, which outlive the viewer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from typing import IO

from studio.config import Workspace
from studio.errors import BadInput

PATIENCE = 60.0
"""Seconds that a new production has to appear."""


class Office:
    """Starts `studio make` and `studio resume`, from lists of arguments: no shell ever reads them."""

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self._opened: dict[str, str] = {}
        self._opening = threading.Lock()

    def resume(self, name: str) -> None:
        """Have a production gone on with; whoever holds its lock keeps it."""
        self._start(["resume", name], subprocess.DEVNULL)

    def open(self, name: str, arguments: list[str], once: str) -> str:
        """Start `studio make` and wait until the production is there; returns its name.

        The same form (``once``) again gives the first one's name. Raises BadInput with the line of `make`.
        """
        with self._opening:
            if once and once in self._opened:
                return self._opened[once]
            with tempfile.TemporaryFile() as errors:
                process = self._start(["make", "--name", name, *arguments], errors)
                self._wait(process, name, errors)
            self._opened[once] = name
        return name

    def _start(self, arguments: list[str], errors: IO[bytes] | int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "studio", "--workspace", str(self.space.root), *arguments], cwd=self.space.root,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True, close_fds=True,
        )  # fmt: skip
        # A dead child that nobody waited for would count as the living maker of its production.
        threading.Thread(target=process.wait, daemon=True).start()
        return process

    def _wait(self, process: subprocess.Popen[bytes], name: str, errors: IO[bytes]) -> None:
        """Until the production is there or its process is not."""
        slate, end = self.space.runs / name / "slate.json", time.monotonic() + PATIENCE
        while not slate.is_file():
            if process.poll() is not None and not slate.is_file():
                errors.seek(0)
                said = errors.read()[-4000:].decode(errors="replace").strip().splitlines() or ["it did not start"]
                raise BadInput(said[-1].removeprefix("studio: "))
            if time.monotonic() > end:
                raise BadInput(f"{name} has not begun after {PATIENCE:.0f} s; look at the list of productions later")
            time.sleep(0.05)
