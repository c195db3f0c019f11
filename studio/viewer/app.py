"""The viewer as an ASGI application: routes, and the doorkeeper in front of them."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from studio.config import Workspace
from studio.errors import StudioError
from studio.viewer.directing import Directing
from studio.viewer.guard import Access, Guard
from studio.viewer.library import Library
from studio.viewer.live import Streams
from studio.viewer.media import Vault
from studio.viewer.pages import Pages
from studio.viewer.watching import Watching

STATIC = Path(__file__).parent / "static"


def build(space: Workspace, access: Access, streams: Streams | None = None) -> ASGIApp:
    """The viewer of a workspace, for those whom ``access`` admits."""
    pages = Pages(Library(space), Vault(space))
    watching = Watching(pages, streams or Streams())
    routes: list[BaseRoute] = [
        Route("/", pages.productions),
        Route("/productions/{name}", pages.production),
        Route("/productions/{name}/takes/{id:int}", pages.take),
        Route("/productions/{name}/shots/{scene:int}/{shot:int}", pages.shot),
        Route("/productions/{name}/curves", pages.curves),
        Route("/productions/{name}/curves.json", pages.numbers),
        Route("/productions/{name}/bible", pages.bible),
        Route("/compare", pages.compare),
        Route("/compare.json", pages.compared),
        Route("/live", watching.shelf),
        Route("/productions/{name}/live", watching.production),
        Route("/media/film/{id:int}", pages.film),
        Route("/media/cut/{id:int}", pages.cut),
        Route("/media/take/{id:int}", pages.clip),
        Route("/media/played/{id:int}/{number:int}", pages.played),
        Route("/media/poster/{id:int}", pages.poster),
        Route("/media/reference/{id:int}", pages.reference),
        *Directing(space, pages, access).routes(),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    handlers = {HTTPException: pages.failure, StudioError: pages.failure}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), access)
