"""The command line as a process of its own, forked from one that has imported the libraries already.

Most of a small production is imports: 5 of its 9 seconds on a core. A process that forks does everything else that one
from scratch does: it has its own environment, folder and output, and can be killed at any moment.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

LIBRARIES = [
    "torch", "torch._decomp", "langgraph.graph", "langgraph.types", "langgraph.checkpoint.sqlite",
    "langchain_core.tracers.event_stream", "sqlmodel", "typer", "rich.progress", "cv2", "av", "ffmpeg", "thorvg_python",
    "PIL.Image", "safetensors.torch",
]  # fmt: skip
"""What `studio make` imports of others; nothing of Studio's own, of which each test has its copy."""

_warm = multiprocessing.get_context("forkserver")
_warm.set_forkserver_preload(LIBRARIES)


class Command:
    """`python -m studio ARGUMENTS` that has been started; what it says goes to files."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self.arguments, self.folder = list(arguments), tempfile.TemporaryDirectory(prefix="studio-said-")
        self.said = tuple(str(Path(self.folder.name) / stream) for stream in ("stdout", "stderr"))
        self.process = _warm.Process(target=_studio, args=(self.arguments, dict(env), str(cwd), self.said))
        self.process.start()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        """Its exit status, as subprocess tells it; None while it runs."""
        return self.process.exitcode

    def kill(self) -> None:
        """As `kill -9` does."""
        self.process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(self.arguments, timeout or 0)
        return self.process.exitcode

    def done(self, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        """Wait for its end: status and what it said."""
        status = self.wait(timeout)
        out, err = (Path(path).read_text("utf-8") if os.path.exists(path) else "" for path in self.said)
        return subprocess.CompletedProcess(self.arguments, status, out, err)


def _studio(arguments: list[str], env: dict[str, str], cwd: str, said: tuple[str, str]) -> None:
    for stream, path in enumerate(said, 1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, stream)
        os.close(file)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path[:0] = [cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = ["studio", *arguments]
    try:
        runpy.run_module("studio", run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        atexit._run_exitfuncs()
