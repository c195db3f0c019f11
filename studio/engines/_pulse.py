"""Progress that never goes back, and a heartbeat through what takes long and says nothing (loading)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from studio.engines.base import Progress

SECONDS = 5.0


class Pulse:
    """Wraps the caller's ``progress``; safe to call from several threads."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._lock, self.share = progress, threading.Lock(), 0.0

    def __call__(self, share: float) -> None:
        """Report ``share`` (0…1); a smaller one than before repeats the one before."""
        with self._lock:
            self.share = min(1.0, max(self.share, share))
            self._progress(self.share)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Repeat the last share every few seconds until the block ends."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(SECONDS):
                self(self.share)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
