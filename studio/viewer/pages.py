"""The pages: each reads the memory once and fills one template."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from studio.crew.played import played
from studio.memory.tables import Cut, Production, Reference, Take
from studio.story.direction import SLOTS
from studio.viewer.asking import GLOBALS
from studio.viewer.bible import sheets
from studio.viewer.compare import choose, differences, of_take, outcome, slate
from studio.viewer.curves import Chart, Roll, curves, overlaid
from studio.viewer.library import Library
from studio.viewer.media import Vault, serve
from studio.viewer.progress import Now, progress
from studio.viewer.screening import Screening, screen
from studio.viewer.shelf import SORTS, STATES, Shelf, browse

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Handlers of all routes; they share one library and one vault."""

    def __init__(self, library: Library, vault: Vault) -> None:
        self.library, self.vault = library, vault
        self.templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=ChainableUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters.update(clock=clock, age=age, figure=figure, words=words, plain=plain, frames=frames)
        self.templates.globals.update(states=STATES, slots=list(SLOTS), **GLOBALS)

    def of_production(self, screening: Screening) -> dict[str, Any]:
        """What the page of a production, and every live part of it, is drawn from."""
        running = screening.state == "running"
        asked = [(r.scene, r.shot) for r in screening.record.requests if not r.done and r.take is None]
        return {
            "s": screening, "here": "film", "root": root(screening.name), "now_id": "now",
            "now": progress(self.library.space, screening.name, asked=asked) if running else None,
            "seen": max((take.id or 0 for take in screening.record.takes), default=0),
        }  # fmt: skip

    def doing(self, shelf: Shelf) -> dict[int, Now]:
        """Id of each running production on the shelf -> what it is doing."""
        space = self.library.space
        return {card.id: progress(space, card.name) for card, standing in shelf.cards if standing == "running"}

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A filled template; ``s`` is the screening of the production that it shows."""
        if "s" in values:
            values["root"] = root(values["s"].name)
        return HTMLResponse(self.templates.get_template(template).render(**values), status)

    def screening(self, request: Request) -> Screening:
        """The production that an address names; raises HTTPException where there is none."""
        return self._named(request.path_params["name"])

    def _named(self, name: str) -> Screening:
        record = self.library.record(name)
        if record is None:
            raise HTTPException(404, f"There is no production named “{name[:80]}”.")
        return screen(record, self.vault)

    def productions(self, request: Request) -> Response:
        """``/``: the shelf."""
        shelf = browse(self.library, self.vault, request.query_params)
        return self.page("productions.html", shelf=shelf, sorts=SORTS, doing=self.doing(shelf))

    def production(self, request: Request) -> Response:
        """``/productions/NAME``: the film, its shots and all takes."""
        screening = self.screening(request)
        folder = self.vault.folder(screening.name)
        return self.page(
            "production.html", **self.of_production(screening), played=played(folder) if folder else []
        )  # fmt: skip

    def take(self, request: Request) -> Response:
        """``/productions/NAME/takes/ID``: everything about one take."""
        screening = self.screening(request)
        take = screening.take(request.path_params["id"])
        if take is None:
            raise HTTPException(404, f"{screening.name} has no such take.")
        scene, shot = next((scene, shot) for scene, shot in screening.shots() if take in shot.takes)
        order = [other.row.id for _scene, each in screening.shots() for other in each.takes]
        place = order.index(take.row.id)
        before, after = order[place - 1] if place else None, order[place + 1] if place + 1 < len(order) else None
        at = request.query_params.get("frame", "")
        return self.page(
            "take.html", s=screening, take=take, scene=scene, shot=shot, before=before, after=after, here="take",
            at=int(at) if at.isascii() and at.isdigit() and len(at) < 7 else None,
        )  # fmt: skip

    def shot(self, request: Request) -> Response:
        """``/productions/NAME/shots/SCENE/SHOT?a=ID&b=ID``: two of its takes, side by side or as a wipe."""
        screening, wanted = self.screening(request), request.path_params
        place = (wanted["scene"], wanted["shot"])
        found = ((sc, sh) for sc, sh in screening.shots() if (sc.number, sh.number) == place)
        scene, shot = next(found, (None, None))
        if shot is None:
            raise HTTPException(404, f"{screening.name} has no shot {place[0]}.{place[1]}.")
        a, b = choose(shot, request.query_params.get("a"), request.query_params.get("b"))
        rows = differences(of_take(a), of_take(b)) if a and b else []
        return self.page("shot.html", s=screening, scene=scene, shot=shot, a=a, b=b, differences=rows, here="take")

    def curves(self, request: Request) -> Response:
        """``/productions/NAME/curves``: reward and policy health over takes."""
        screening = self.screening(request)
        return self.page(
            "curves.html", s=screening, takes=screening.takes(), charts=self._curves(screening), here="curves"
        )

    def numbers(self, request: Request) -> Response:
        """``/productions/NAME/curves.json``: what the curves are drawn from."""
        return JSONResponse([chart.data for chart in self._curves(self.screening(request))])

    def _curves(self, screening: Screening) -> list[Chart]:
        return curves(Roll(screening.name, root(screening.name), screening.takes()), screening.threshold)

    def compare(self, request: Request) -> Response:
        """``/compare?a=NAME&b=NAME``: two productions, what they were made with and how they went."""
        names = self.library.names()
        chosen = self._pair(request)
        first = request.query_params.get("a", "")
        values: dict[str, Any] = {"names": names[::-1], "a": None, "b": None, "first": first}
        if len(chosen) == 2:
            a, b = chosen
            values = {
                "names": names[::-1], "a": a, "b": b, "came": differences(outcome(a), outcome(b), sort=False),
                "made": differences(slate(a), slate(b)), "charts": self._overlaid(chosen),
                "numbers": f"/compare.json?{urlencode({'a': a.name, 'b': b.name})}",
            }  # fmt: skip
        return self.page("compare.html", **values)

    def compared(self, request: Request) -> Response:
        """``/compare.json?a=NAME&b=NAME``: what the curves over each other are drawn from."""
        return JSONResponse([chart.data for chart in self._overlaid(self._pair(request))])

    def _pair(self, request: Request) -> list[Screening]:
        """The productions that an address names as ``a`` and ``b``; none where it names none."""
        asked = [request.query_params.get(side, "") for side in "ab"]
        if not all(asked):
            return []
        return [self._named(name) for name in asked]

    def _overlaid(self, pair: list[Screening]) -> list[Chart]:
        bars = {screening.threshold for screening in pair}
        twice = len({screening.name for screening in pair}) < len(pair)
        rolls = [
            Roll(f"{side}: {s.name}" if not twice else side, root(s.name), s.takes())
            for side, s in zip("AB", pair, strict=False)
        ]
        return overlaid(rolls, bars.pop() if len(bars) == 1 else None)

    def bible(self, request: Request) -> Response:
        """``/productions/NAME/bible``: characters, locations, continuity log."""
        screening = self.screening(request)
        return self.page("bible.html", s=screening, sheets=sheets(screening), here="bible")

    def film(self, request: Request) -> Response:
        row = self.library.row(Production, request.path_params["id"])
        return serve(request, self.vault.film(row) if row else None)

    def cut(self, request: Request) -> Response:
        row = self.library.row(Cut, request.path_params["id"])
        return serve(request, self.vault.cut(row) if row else None)

    def clip(self, request: Request) -> Response:
        row = self.library.row(Take, request.path_params["id"])
        return serve(request, self.vault.take(row) if row else None)

    def played(self, request: Request) -> Response:
        """``/media/played/ID/NUMBER``: a take that was played in a world model."""
        row = self.library.row(Production, request.path_params["id"])
        return serve(request, self.vault.played(row, request.path_params["number"]) if row else None)

    def reference(self, request: Request) -> Response:
        row = self.library.row(Reference, request.path_params["id"])
        return serve(request, self.vault.reference(row) if row else None)

    def poster(self, request: Request) -> Response:
        """``/media/poster/ID``: one frame of a take."""
        row = self.library.row(Take, request.path_params["id"])
        if row is None:
            raise HTTPException(404, "There is no such take.")
        headers = {"etag": f'"{row.sha256[:32]}"', "cache-control": "private, max-age=300"}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        picture = self.vault.poster(row)
        if picture is None:
            raise HTTPException(404, "There is no picture of this take.")
        return Response(picture, media_type="image/jpeg", headers=headers)

    def failure(self, request: Request, error: Exception) -> Response:
        """One page for whatever could not be shown."""
        if isinstance(error, HTTPException):
            return self.page("error.html", error.status_code, code=error.status_code, why=error.detail)
        return self.page("error.html", 503, code=503, why=str(error))


def root(name: str) -> str:
    """Address of a production's page."""
    return f"/productions/{quote(name, safe='')}"


def clock(seconds: float | None) -> str:
    """Minutes and seconds: 0:24."""
    if not isinstance(seconds, int | float):
        return "–"
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


def age(moment: str | None) -> str:
    """How long ago an ISO moment was, in the largest unit that fits."""
    try:
        then = datetime.fromisoformat(moment or "")
    except ValueError:
        return ""
    past = max(0.0, (datetime.now(UTC) - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if past >= length:
            return f"{int(past // length)} {unit} ago"
    return "just now"


def figure(value: object, places: int = 2) -> str:
    """A number for people; a dash where there is none."""
    return f"{value:.{places}f}" if isinstance(value, int | float) and not isinstance(value, bool) else "–"


def words(name: object) -> str:
    """``camera_move`` as people write it."""
    return str(name).replace("_", " ")


def plain(value: object) -> str:
    """A number without needless zeros: 24 and 23.976."""
    return f"{value:g}" if isinstance(value, int | float) else "–"


def frames(note: str, address: str) -> Markup:
    """A note in which every frame that it speaks of is a link to that frame of the take at ``address``."""
    text = str(escape(note))
    return Markup(
        re.sub(r"\bframe (\d{1,6})\b", rf'<a href="{escape(address)}?frame=\1" data-seek="\1">frame \1</a>', text)
    )
