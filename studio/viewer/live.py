"""Live pages: fragments that have changed since, over server-sent events. htmx puts them into their places."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from studio.errors import StudioError

Fragments = dict[str, str]
"""Id of an element -> its HTML now."""

PERIOD = 0.7
"""Seconds between two looks."""
KEEPALIVE = 15.0
MAX_STREAMS = 64


@dataclass
class Watch:
    """What one open page looks at: ``draw`` gives its fragments, ``files`` change whenever those may have."""

    draw: Callable[[], Fragments]
    files: Callable[[], Iterable[Path]]
    tick: Callable[[], Fragments]
    """The few fragments that change with time alone, as the time left does; cheap, for it is asked at every look."""
    sent: Fragments = field(default_factory=dict)
    _seen: tuple[tuple[int, int], ...] = ()
    _looks: int = 0
    _again: bool = False

    def look_again(self) -> None:
        """What was drawn is older than the files: draw at the next look whether they change or not."""
        self._again = True

    def changes(self) -> Fragments:
        """Fragments that differ from what was sent before."""
        now = tuple(stamp(path) for path in self.files())
        # A killed crew touches no file: look at everything now and then all the same.
        whole = now != self._seen or self._again or self._looks % 10 == 0
        self._seen, self._looks, self._again = now, self._looks + 1, False
        try:
            fragments = self.draw() if whole else self.tick()
        except (StudioError, HTTPException):  # the page itself says what is wrong when it is loaded again
            return {}
        changed = {id: html for id, html in fragments.items() if self.sent.get(id) != html}
        self.sent |= changed
        return changed


def stamp(path: Path) -> tuple[int, int]:
    """What changes when a file does; zeros where there is none."""
    try:
        facts = os.stat(path)
    except OSError:
        return (0, 0)
    return (facts.st_mtime_ns, facts.st_size)


class Streams:
    """All open streams of a viewer; bounded, and closed when the viewer is."""

    def __init__(self) -> None:
        self.closing = False
        self.open = 0

    def answer(self, watch: Watch) -> Response:
        """A stream that tells of ``watch`` until the page or the viewer is closed."""
        if self.open >= MAX_STREAMS:
            return Response("too many live pages are open\n", 503, media_type="text/plain")
        return StreamingResponse(
            self._events(watch), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    async def _events(self, watch: Watch) -> AsyncIterator[str]:
        self.open += 1
        try:
            silent = KEEPALIVE
            while not self.closing:
                changed = await anyio.to_thread.run_sync(watch.changes)
                if changed:
                    yield message("".join(changed.values()))
                    silent = 0.0
                elif silent >= KEEPALIVE:
                    yield ": still here\n\n"
                    silent = 0.0
                await anyio.sleep(PERIOD)
                silent += PERIOD
        finally:
            self.open -= 1


def message(html: str) -> str:
    """One event of the stream.

    >>> message("<p>\\nscene 1")
    'event: update\\ndata: <p>\\ndata: scene 1\\n\\n'
    """
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"event: update\n{lines}\n"
