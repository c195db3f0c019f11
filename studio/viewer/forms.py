"""Reading what a browser posts: a small form, whole and in time, from one of our own pages."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from studio.story.brief import digest
from studio.viewer.guard import MAX_BODY, Access

FIELDS = 64
SECONDS = 15.0
"""How long a form may take to arrive."""
KIND = "application/x-www-form-urlencoded"
Form = dict[str, str]
Act = Callable[[Request, Form], Response]


def posted(act: Act, access: Access) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads the form first and acts in a thread."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(act, request, await read(request, access))

    return endpoint


async def read(request: Request, access: Access) -> Form:
    """The form; the doorkeeper has looked at origin and length already. Raises HTTPException."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise HTTPException(415, "Only a plain form is read here.")
    body = b""
    try:
        with anyio.fail_after(SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY:
                    raise HTTPException(413, f"At most {MAX_BODY} bytes are read.")
    except TimeoutError:
        raise HTTPException(408, "The form did not arrive in time.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The form broke off.") from None
    try:
        form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict"))
    except (ValueError, UnicodeDecodeError):
        raise HTTPException(400, "The form could not be read.") from None
    if not hmac.compare_digest(form.pop("csrf", "").encode(), access.csrf.encode()):
        raise HTTPException(403, "This form is not from this viewer, or from before it was opened again; reload it.")
    form = {name: value.replace("\r\n", "\n").replace("\0", "") for name, value in form.items()}
    # The same words on the same form ask once, however often a browser sends them; a page that was drawn after
    # somebody asked carries another ``turn``.
    return {**form, "once": digest([request.url.path, form])}


def number(form: Form, name: str) -> int:
    """A whole number of the form; raises HTTPException."""
    text = form.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise HTTPException(400, f"{name}: {text[:40]!r} is not a whole number.")
    return int(text)
