"""The pages: each reads the memory once and fills one template."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from studio.memory.tables import Cut, Production, Reference, Take
from studio.story.direction import SLOTS
from studio.viewer.bible import sheets
from studio.viewer.curves import health_charts, reward_chart
from studio.viewer.library import Library
from studio.viewer.media import Vault, serve
from studio.viewer.screening import Screening, screen
from studio.viewer.shelf import SORTS, STATES, browse

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Handlers of all routes; they share one library and one vault."""

    def __init__(self, library: Library, vault: Vault) -> None:
        self.library, self.vault = library, vault
        self.templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=ChainableUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters.update(clock=clock, age=age, figure=figure, words=words, plain=plain)
        self.templates.globals.update(states=STATES, slots=list(SLOTS))

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A filled template; ``s`` is the screening of the production that it shows."""
        if "s" in values:
            values["root"] = f"/productions/{quote(values['s'].name, safe='')}"
        return HTMLResponse(self.templates.get_template(template).render(**values), status)

    def _screening(self, request: Request) -> Screening:
        name = request.path_params["name"]
        record = self.library.record(name)
        if record is None:
            raise HTTPException(404, f"There is no production named “{name[:80]}”.")
        return screen(record, self.vault)

    def productions(self, request: Request) -> Response:
        """``/``: the shelf."""
        shelf = browse(self.library, self.vault, request.query_params)
        return self.page("productions.html", shelf=shelf, sorts=SORTS)

    def production(self, request: Request) -> Response:
        """``/productions/NAME``: the film, its shots and all takes."""
        return self.page("production.html", s=self._screening(request), here="film")

    def take(self, request: Request) -> Response:
        """``/productions/NAME/takes/ID``: everything about one take."""
        screening = self._screening(request)
        take = screening.take(request.path_params["id"])
        if take is None:
            raise HTTPException(404, f"{screening.name} has no such take.")
        scene, shot = next((scene, shot) for scene, shot in screening.shots() if take in shot.takes)
        order = [other.row.id for _scene, each in screening.shots() for other in each.takes]
        place = order.index(take.row.id)
        before, after = order[place - 1] if place else None, order[place + 1] if place + 1 < len(order) else None
        return self.page(
            "take.html", s=screening, take=take, scene=scene, shot=shot, before=before, after=after, here="take"
        )

    def curves(self, request: Request) -> Response:
        """``/productions/NAME/curves``: reward and policy health over takes."""
        screening = self._screening(request)
        takes = screening.takes()
        rl = screening.settings.get("rl")
        threshold = rl.get("reward_threshold") if isinstance(rl, dict) else None
        charts = [reward_chart(takes, threshold), *health_charts(takes)] if takes else []
        return self.page("curves.html", s=screening, takes=takes, charts=charts, here="curves")

    def bible(self, request: Request) -> Response:
        """``/productions/NAME/bible``: characters, locations, continuity log."""
        screening = self._screening(request)
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
