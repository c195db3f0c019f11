"""log.jsonl: one JSON object an event, appended and flushed, so that a crash loses at most the line being written."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

EVENTS = (
    "started", "resumed", "reference_drawn", "take_rendered", "take_cached", "take_committed", "attempt_failed",
    "engine_note",
    "policy_updated", "fallback", "warning", "cut", "finished", "stopped",
)  # fmt: skip


class Log:
    """The production's diary. ``listener`` (the terminal, the viewer) hears every event."""

    def __init__(self, path: Path, listener: Callable[[dict[str, Any]], None] | None = None) -> None:
        self.path, self.listener = path, listener
        self._lock = threading.Lock()

    def __call__(self, event: str, **facts: Any) -> None:
        """Append one event; ``facts`` are plain JSON values."""
        assert event in EVENTS, event
        entry = {"t": round(time.time(), 3), "event": event, **facts}
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                size = os.fstat(descriptor).st_size
                torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
                line = json.dumps(entry, ensure_ascii=False) + "\n"
                os.write(descriptor, (("\n" if torn else "") + line).encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        if self.listener is not None:
            self.listener(entry)

    def once(self, event: str, **facts: Any) -> None:
        """Append the event unless it is there: a step that a kill made run again says it only once."""
        same = ("scene", "shot", "take", "key")
        told = [facts.get(name) for name in same]
        if not any(e["event"] == event and [e.get(name) for name in same] == told for e in self.entries()):
            self(event, **facts)

    def entries(self) -> list[dict[str, Any]]:
        """All whole lines so far."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue  # the line that a crash cut off
        return found
