"""Publishing: a file appears whole or not at all (temp file → fsync → rename → fsync of the folder)."""

from __future__ import annotations

import errno
import json
import os
import signal
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from studio.errors import DiskFull

_counts: dict[str, int] = {}


def crash_point(name: str) -> None:
    """Kill this process the n-th time it comes here, where ``STUDIO_CRASH_AT=name:n`` says so (for tests)."""
    wanted = os.environ.get("STUDIO_CRASH_AT", "")
    if not wanted:
        return
    _counts[name] = _counts.get(name, 0) + 1
    target, _, count = wanted.rpartition(":")
    if target == name and _counts[name] == int(count):
        os.kill(os.getpid(), signal.SIGKILL)


class CheckpointConnection(sqlite3.Connection):
    """A database connection whose commits are crash points: LangGraph writes its checkpoints through one."""

    def commit(self) -> None:
        """Commit, with a crash point on either side."""
        crash_point("before-commit-checkpoint")
        super().commit()
        crash_point("after-commit-checkpoint")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish_path(temporary: Path, final: Path) -> None:
    """Move a whole file, or a folder of published files, into place durably. Raises DiskFull."""
    try:
        _sync(temporary)
        crash_point("before-rename")
        os.replace(temporary, final)
        crash_point("after-rename")
        _sync(final.parent)
    except OSError as error:
        raise _named(error, final) from error


def publish_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whole or not at all; makes the folder. Raises DiskFull."""
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)
        publish_path(Path(temporary), path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise _named(error, path) from error


def publish_text(path: Path, text: str) -> None:
    """``publish_bytes`` of UTF-8 text."""
    publish_bytes(path, text.encode("utf-8"))


def publish_json(path: Path, value: Any) -> None:
    """``publish_bytes`` of indented JSON."""
    publish_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _named(error: OSError, path: Path) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"the disk is full: could not write {path}; free some space and resume")
    return error
