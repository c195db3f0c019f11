"""Open the screening room: bind, print the one address, serve until interrupted."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from studio.config import Workspace
from studio.crew.production import open_memory
from studio.errors import BadInput
from studio.viewer.app import build
from studio.viewer.guard import LOOPBACK, Access
from studio.viewer.library import Library
from studio.viewer.live import Streams


def check_known(space: Workspace, name: str) -> None:
    """Raises BadInput that lists the productions there are."""
    known = Library(space).names()
    if name not in known:
        raise BadInput(f"no production {name!r}; there are: {', '.join(known[-10:]) or 'none yet'}")


def open_room(space: Workspace, host: str, port: int, path: str, show: Callable[[str], object]) -> None:
    """Serve ``space``; ``show`` is called once with the address, when it can be opened."""
    listener = _bind(host, port)
    if Library(space).outdated():
        open_memory(space)  # opening it brings it up to date
    access = Access(host, listener.getsockname()[1])
    if host not in LOOPBACK:
        print(
            f"studio: warning: anyone on the network who has this address can watch (--host {host}), unencrypted",
            file=sys.stderr,
        )
    streams = Streams()
    _serve(build(space, access, streams), listener, lambda: show(access.address(path)), streams)


def open_page(make: Callable[[Access], ASGIApp], port: int, show: Callable[[str], object]) -> None:
    """Serve one application to this machine alone; ``show`` as in `open_room`."""
    listener = _bind(LOOPBACK[0], port)
    access = Access(LOOPBACK[0], listener.getsockname()[1])
    _serve(make(access), listener, lambda: show(access.address()), Streams())


def _serve(app: ASGIApp, listener: socket.socket, opened: Callable[[], object], streams: Streams) -> None:
    config = uvicorn.Config(
        app, http="h11", log_level="warning", access_log=False, server_header=False, proxy_headers=False,
        timeout_keep_alive=5, timeout_graceful_shutdown=2, limit_concurrency=400,
        h11_max_incomplete_event_size=32 * 1024, ws_max_size=4096, ws_per_message_deflate=False,
    )  # fmt: skip
    opened()
    try:
        _Room(config, streams).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # that is how a screening ends
    finally:
        listener.close()


class _Room(uvicorn.Server):
    """A server that tells its live pages when it closes: they would hold it open."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self.streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.streams.closing = True
        await super().shutdown(sockets)


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)  # from here on the printed address answers
    except OSError as error:
        raise BadInput(f"cannot listen on {host}:{port} ({error.strerror or error}); try --port 0") from None
    return listener


def can_browse() -> bool:
    """Whether opening a browser would show a window, and not take over this terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
