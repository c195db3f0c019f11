"""Asking a language model: again with what was wrong, later when it is busy, and never for ever."""

from __future__ import annotations

import queue
import threading
import time
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from studio.errors import ScreenwriterFailed
from studio.llm._answers import Unusable, read
from studio.llm.base import Message, Screenwriter, T

ANSWERS = 3
"""Answers that are read before the film stops; each is told what was wrong with the one before."""
TRIES = 4
"""Requests for one answer while the server is busy or broken."""
PATIENCE = 60.0
"""Seconds that a server may ask to wait; longer waits are the user's to decide."""
SHOWN = 160
"""Characters of a bad answer that an error shows."""


@dataclass(frozen=True)
class Reply:
    """What came back, and what it took."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


class Busy(Exception):
    """The server may answer later: 429, 5xx, a timeout, a lost connection. ``wait`` is in seconds, if it said."""

    def __init__(self, told: str, wait: float | None = None) -> None:
        super().__init__(told)
        self.wait = wait


class AskingScreenwriter(Screenwriter):
    """A screenwriter behind a server: subclasses send one request."""

    pause = time.sleep
    secret = ""
    """The key: taken out of whatever the server says, before anybody else sees it."""

    @abstractmethod
    def say(self, messages: list[Message], schema: dict[str, Any]) -> Reply:
        """One request; raises Busy when it may be sent again, ScreenwriterFailed when that would not help."""

    def write(self, messages: list[Message], schema: type[T]) -> T:
        talk, wrong, text = list(messages), "", ""
        for _ in range(ANSWERS):
            reply = self._patiently(talk, schema.model_json_schema())
            self.tokens_in += reply.tokens_in
            self.tokens_out += reply.tokens_out
            text = self.hide(reply.text)
            try:
                return read(text, schema)
            except Unusable as error:
                wrong = str(error)[:1000]
                talk = [
                    *messages,
                    {"role": "assistant", "content": text[:20_000]},
                    {
                        "role": "user",
                        "content": f"That cannot be used: {wrong}. Answer again with the whole JSON object.",
                    },
                ]
        raise ScreenwriterFailed(
            f"the screenwriter gave no usable {schema.__name__} in {ANSWERS} answers ({wrong[:300]}); "
            f"the last one begins {text[:SHOWN]!r}; resume to ask again"
        )

    def hide(self, text: str) -> str:
        """``text`` without the key."""
        return text.replace(self.secret, "…") if self.secret else text

    def line(self, error: Exception) -> str:
        """An error in one line that can be shown."""
        return self.hide(" ".join(str(error).split()))[:300] or type(error).__name__

    def _patiently(self, messages: list[Message], schema: dict[str, Any]) -> Reply:
        for n in range(TRIES):
            try:
                return self._in_time(messages, schema)
            except Busy as busy:
                wait = busy.wait if busy.wait is not None else 2.0**n
                if n == TRIES - 1 or wait > PATIENCE:
                    asked = f", which asks to wait {wait:.0f} s" if wait > PATIENCE else ""
                    raise ScreenwriterFailed(
                        f"the screenwriter's server cannot be used now{asked}: {busy}; resume to ask again"
                    ) from None
                type(self).pause(wait)
        raise AssertionError("unreachable")

    def _in_time(self, messages: list[Message], schema: dict[str, Any]) -> Reply:
        """One request, given up after ``timeout_seconds``: a client's own time limit begins anew with every byte."""
        came: queue.SimpleQueue[Reply | Exception] = queue.SimpleQueue()

        def say() -> None:
            try:
                came.put(self.say(messages, schema))
            except Exception as error:  # noqa: BLE001  (raised again below, where somebody waits for it)
                came.put(error)

        limit = float(self.settings.director.timeout_seconds)
        threading.Thread(target=say, daemon=True, name="screenwriter").start()
        try:
            found = came.get(timeout=limit * 1.1 + 0.2)
        except queue.Empty:
            raise Busy(f"no whole answer in {limit:g} s") from None
        if isinstance(found, Exception):
            raise found
        return found
