"""The shelf: every production as a card, searched, sorted and a page at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from studio.viewer.library import Library, Listed
from studio.viewer.media import Vault

PAGE = 60
SORTS: dict[str, tuple[str, Callable[[Listed], Any], bool]] = {
    "newest": ("Newest", lambda card: card.id, True),
    "oldest": ("Oldest", lambda card: card.id, False),
    "title": ("Title", lambda card: (card.title or card.name).lower(), False),
    "reward": ("Reward", lambda card: -1.0 if card.reward is None else card.reward, True),
    "length": ("Length", lambda card: card.seconds or 0.0, True),
    "status": ("Status", lambda card: card.status, False),
}
"""Name in the query string -> what the page calls it, what it sorts by, whether the largest comes first."""

STATES = {
    "finished": "finished", "running": "in production", "waiting": "waits for a word", "stopped": "stopped",
    "interrupted": "interrupted", "lost": "files are gone",
}  # fmt: skip
"""How a production stands -> what the pages call it."""


@dataclass(frozen=True)
class Shelf:
    """What the first page shows."""

    cards: list[tuple[Listed, str]]
    """Each with how it stands."""
    query: str
    sort: str
    page: int
    pages: int
    found: int
    total: int

    @property
    def outline(self) -> str:
        """A short name for which cards are shown."""
        return short([card.id for card, _standing in self.cards])

    def link(self, page: int) -> str:
        """Query string of another page of the same search."""
        asked = {"q": self.query, "sort": self.sort if self.sort != "newest" else "", "page": page if page > 1 else ""}
        return "?" + urlencode({key: value for key, value in asked.items() if value})


def browse(library: Library, vault: Vault, asked: Mapping[str, str]) -> Shelf:
    """The page of the shelf that a query string asks for (``q``, ``sort``, ``page``); nonsense in it is ignored."""
    everything = library.listing()
    query = asked.get("q", "")[:200].strip()
    words = query.lower().split()
    matching = [card for card in everything if all(word in _text(card) for word in words)]
    sort = asked.get("sort", "") if asked.get("sort", "") in SORTS else "newest"
    _label, key, largest_first = SORTS[sort]
    matching.sort(key=key, reverse=largest_first)
    pages = max(1, -(-len(matching) // PAGE))
    number = asked.get("page", "1")
    page = min(pages, max(1, int(number))) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    shown = matching[(page - 1) * PAGE : page * PAGE]
    return Shelf(
        cards=[(card, standing(vault, card.name, card.status)) for card in shown],
        query=query, sort=sort, page=page, pages=pages, found=len(matching), total=len(everything),
    )  # fmt: skip


def short(things: list[Any]) -> str:
    """A short name for what is on a page, to be compared with what is in the memory a moment later."""
    return f"{crc32(repr(things).encode()):08x}"


def _text(card: Listed) -> str:
    return f"{card.name} {card.title} {card.prompt} {STATES.get(card.status, card.status)}".lower()


def standing(vault: Vault, name: str, status: str) -> str:
    """How a production really stands: its row says ``running`` for ever where the process was killed."""
    folder = vault.folder(name)
    if folder is None:
        return "lost"
    if status != "running":
        return status
    try:
        with open(folder / ".lock", encoding="ascii") as lock:
            holder = int(lock.read(20))
    except (OSError, ValueError):
        return "running"  # it has only just been opened
    return "running" if _lives(holder) else "interrupted"


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
