"""What live pages are told: the shelf's cards, and a production's stage, film, strip and new takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from studio.viewer.live import Fragments, Streams, Watch, stamp
from studio.viewer.pages import Pages
from studio.viewer.screening import Screening
from studio.viewer.shelf import SORTS, Shelf, browse

PARTS = ("meta", "banners", "now", "screen", "strip", "about")
"""Parts of a production's page that are small enough to be sent whole whenever they change."""

SHARED, LASTS = 0.5, 3.0
"""Seconds for which a drawn shelf serves all who ask: while rows are being written, and while none is."""


@dataclass(frozen=True)
class Drawn:
    """The shelf of one moment."""

    at: float
    stamps: tuple[tuple[int, int], ...]
    shelf: Shelf
    cards: Fragments
    whole: str


class Watching:
    """Handlers of the streams beside the pages."""

    def __init__(self, pages: Pages, streams: Streams) -> None:
        self.pages, self.streams = pages, streams
        self._drawn: dict[tuple[str, ...], Drawn] = {}
        self._drawing_shelf = threading.Lock()

    def _draw(self, template: str, live: bool = True, **values: Any) -> str:
        """A part of a page; ``live`` marks it for its place on a page that is open."""
        return self.pages.templates.get_template(f"live/{template}.html").render(live=live, **values)

    async def shelf(self, request: Request) -> Response:
        """``/live``: the cards of the first page, with the same search."""
        asked, shown = dict(request.query_params), request.query_params.get("cards", "")
        running: list[str] = []

        def draw() -> Fragments:
            nonlocal shown
            drawn, fresh = self._shelf(asked)
            if not fresh:
                watch.look_again()
            running[:] = [card.name for card, standing in drawn.shelf.cards if standing == "running"]
            if drawn.shelf.outline != shown:
                shown = drawn.shelf.outline
                return {"shelf": drawn.whole}
            return drawn.cards

        space, database = self.pages.library.space, self.pages.library.path

        def files() -> list[Path]:
            return [database, wal(database), *(space.runs / name / "log.jsonl" for name in running)]

        watch = Watch(draw, files, draw_nothing)
        return self.streams.answer(watch)

    def _shelf(self, asked: dict[str, str]) -> tuple[Drawn, bool]:
        """The shelf, drawn once for all pages that show the same of it; and whether it is that of this moment."""
        database = self.pages.library.path
        stamps = (stamp(database), stamp(wal(database)))
        known = tuple(asked.get(name, "")[:200] for name in ("q", "sort", "page"))
        with self._drawing_shelf:
            drawn = self._drawn.get(known)
            age = time.monotonic() - drawn.at if drawn else LASTS
            if drawn is None or age >= (LASTS if drawn.stamps == stamps else SHARED):
                shelf = browse(self.pages.library, self.pages.vault, asked)
                values: dict[str, Any] = {"shelf": shelf, "sorts": SORTS, "doing": self.pages.doing(shelf)}
                cards = {
                    f"card-{card.id}": self._draw("card", card=card, standing=standing, **values)
                    for card, standing in shelf.cards
                }
                drawn = Drawn(time.monotonic(), stamps, shelf, cards, self._draw("shelf", **values))
                self._drawn = {**dict(list(self._drawn.items())[-7:]), known: drawn}
            return drawn, drawn.stamps == stamps

    async def production(self, request: Request) -> Response:
        """``/productions/NAME/live``: its page, after the takes that the page has ``seen``."""
        name, known = request.path_params["name"], request.query_params
        seen = int(known["seen"]) if known.get("seen", "").isdigit() and len(known["seen"]) < 19 else 0
        draw, tick = self._drawing(request, seen, known.get("shots", ""))
        folder, database = self.pages.library.space.runs / name, self.pages.library.path
        files = [database, wal(database), folder / "log.jsonl", folder / "film.mp4", folder / "report.json"]
        safe = files if "/" not in name and name not in (".", "..") and "\0" not in name else files[:2]
        return self.streams.answer(Watch(draw, lambda: safe, tick))

    def _drawing(
        self, request: Request, seen: int, shots: str
    ) -> tuple[Callable[[], Fragments], Callable[[], Fragments]]:
        last: list[Screening] = []

        def draw() -> Fragments:
            nonlocal seen, shots
            screening = self.pages.screening(request)
            last[:] = [screening]
            values = self.pages.of_production(screening)
            fragments = {part: self._draw(part, **values) for part in PARTS}
            if screening.outline != shots:
                seen, shots = values["seen"], screening.outline
                return fragments | {"scenes": self._draw("scenes", **values)}
            fragments |= self._takes(screening, seen, values)
            seen = values["seen"]
            return fragments

        def tick() -> Fragments:
            if not last or last[0].state != "running":
                return {}
            return {"now": self._draw("now", **self.pages.of_production(last[0]))}

        return draw, tick

    def _takes(self, screening: Screening, seen: int, values: dict[str, Any]) -> Fragments:
        """Takes that the page has not seen, to be put behind those of their shot; and every take's mark."""
        found = {}
        for scene, shot in screening.shots():
            for take in shot.takes:
                here: dict[str, Any] = {"take": take, "scene": scene, "shot": shot}
                id = take.row.id or 0
                if id > seen:
                    html = self._draw("take", live=False, **values, **here)
                    where = f"beforeend:#takes-{scene.number}-{shot.number}"
                    found[f"take-{id}"] = f'<ul hx-swap-oob="{where}">{html}</ul>'
                found[f"head-{id}"] = self._draw("head", **values, **here)
        return found


def draw_nothing() -> Fragments:
    return {}


def wal(database: Path) -> Path:
    """Where SQLite writes first."""
    return database.with_name(f"{database.name}-wal")
