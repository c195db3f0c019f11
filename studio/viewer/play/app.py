"""The play page as an ASGI application, behind the same doorkeeper as the viewer."""

from __future__ import annotations

import io

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from studio.viewer.app import STATIC
from studio.viewer.guard import Access, Guard
from studio.viewer.pages import TEMPLATES
from studio.viewer.play.keymap import PADS, wants
from studio.viewer.play.room import Room
from studio.viewer.play.seat import Seat


def build(room: Room, access: Access) -> ASGIApp:
    """The play page of ``room``, for those whom ``access`` admits."""
    templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)

    def page(request: Request) -> Response:
        height, width = room.starts.size
        names = list(room.starts.action_names)
        return HTMLResponse(
            templates.get_template("play.html").render(
                starts=room.starts.moments, words=room.players.words, productions=room.productions(), names=names,
                height=height, width=width, fps=room.starts.fps, pads=[pad for pad in PADS if pad.held in wants(names)],
                known=bool(room.starts.env),
            )
        )  # fmt: skip

    def picture(request: Request) -> Response:
        number = request.path_params["number"]
        if number >= len(room.starts.moments):
            return Response("no such place\n", 404, media_type="text/plain")
        from PIL import Image

        data = io.BytesIO()
        Image.fromarray(room.starts.moments[number].frames[-1]).save(data, "PNG")
        return Response(data.getvalue(), media_type="image/png")

    async def socket(connection: WebSocket) -> None:
        await Seat(room, connection).run()

    routes: list[BaseRoute] = [
        Route("/", page),
        Route("/starts/{number:int}.png", picture),
        WebSocketRoute("/socket", socket),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Guard(Starlette(routes=routes), access, sockets=True)
