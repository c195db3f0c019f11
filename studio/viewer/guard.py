"""The doorkeeper: every request passes here before any page, picture or film is looked at."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
import threading
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::", "")
MAX_BODY = 64 * 1024
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass
class Access:
    """Who may come in: the one-time token of the printed address, and the cookie that it is exchanged for."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """In every form of our pages: a page of another origin cannot read it."""
    _spent: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cookie(self) -> str:
        """Name of the cookie; browsers share cookies between the ports of a host."""
        return f"studio_{self.port}"

    def address(self, path: str = "/") -> str:
        """The one address to print: where the viewer listens, with the token."""
        host = socket.gethostname() if self.host in EVERYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}{quote(path)}?token={self.token}"

    def redeem(self, token: str) -> bool:
        """Whether ``token`` opens the door; it does so once."""
        with self._lock:
            good = hmac.compare_digest(token.encode(), self.token.encode()) and not self._spent
            self._spent = self._spent or good
            return good

    def admits(self, cookie: str) -> bool:
        return hmac.compare_digest(cookie.encode(), self.session.encode())

    def knows(self, host: str) -> bool:
        """Whether a Host header names this viewer; a name that an attacker's DNS rebinds to us does not."""
        match = _HOST.fullmatch(host.lower())
        if match is None or int(match[2] or 80) != self.port:
            return False
        name = match[1].strip("[]")
        if self.host not in EVERYWHERE:
            return name in ({*LOOPBACK, self.host.lower()} if self.host in LOOPBACK else {self.host.lower()})
        return name in {*LOOPBACK, socket.gethostname().lower()} or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """Host, size, origin, range and cookie are checked in this order; headers go on every answer."""

    def __init__(self, app: ASGIApp, access: Access, sockets: bool = False) -> None:
        self.app, self.access, self.sockets = app, access, sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket" and self._may_talk(HTTPConnection(scope)):
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache" if scope["path"].startswith("/static/") else "no-store")
            await send(message)

        request = Request(scope)
        answer = self._refusal(request) or self._entrance(request)
        await (answer or self.app)(scope, receive, guarded)

    def _may_talk(self, connection: HTTPConnection) -> bool:
        """Whether a websocket comes from a page of ours that has the cookie; browsers send it from any site's page."""
        hosts, origins = connection.headers.getlist("host"), connection.headers.getlist("origin")
        known = len(hosts) == 1 and self.access.knows(hosts[0]) and origins == [f"http://{hosts[0]}"]
        return self.sockets and known and self.access.admits(connection.cookies.get(self.access.cookie, ""))

    def _refusal(self, request: Request) -> Response | None:
        """The answer to a request that nobody honest sends."""
        headers = request.headers
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.access.knows(hosts[0]):
            return _refused("this address is not the viewer's; open the one that `studio view` printed", 421)
        if "transfer-encoding" in headers:
            return _refused("say the length of the body", 411)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 20 or int(length) > MAX_BODY:
            return _refused(f"at most {MAX_BODY} bytes are read", 413)
        if request.method not in ("GET", "HEAD") and headers.getlist("origin") != [f"http://{hosts[0]}"]:
            return _refused("this request comes from another site", 403)
        if "," in headers.get("range", "") or len(headers.get("range", "")) > 64 or len(headers.getlist("range")) > 1:
            return _refused("one range at a time", 416)
        return None

    def _entrance(self, request: Request) -> Response | None:
        """None for those who have the cookie; the cookie for the one who brings the token; else the door."""
        known = self.access.admits(request.cookies.get(self.access.cookie, ""))
        token = request.query_params.get("token")
        if token is None or request.method != "GET":
            return None if known else _refused("open the address that `studio view` printed", 403)
        if not known and not self.access.redeem(token):
            return _refused("this address was used already, or is not this viewer's; run `studio view` again", 403)
        return self._welcome("/" + request.url.path.lstrip("/"))

    def _welcome(self, path: str) -> Response:
        """Hand out the cookie. A page and no redirect: a Strict cookie would not follow one from another site."""
        where = escape(quote(path), quote=True)
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Studio</title>'
            '<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'
            f'<meta http-equiv="refresh" content="0;url={where}"><a href="{where}">To the screening room</a>'
        )
        response = HTMLResponse(page)
        response.set_cookie(self.access.cookie, self.access.session, httponly=True, samesite="strict", path="/")
        return response


def _refused(why: str, status: int) -> Response:
    return PlainTextResponse(f"studio: {why}\n", status, headers={"connection": "close"})
