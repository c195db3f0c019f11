"""Forms that nobody honest sends: each is refused, and nothing is written or started."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

import pytest
from desk_lab import FORMS, PAGE, SCRIPT, Desk, keeper
from screening_lab import ADDRESS
from starlette.testclient import TestClient

from studio.config import Workspace
from studio.memory.tables import Request
from studio.viewer import forms
from studio.viewer.app import build
from studio.viewer.guard import Access


def test_every_form_is_refused_without_our_origin_our_cookie_and_our_token(
    space: Workspace, started: list[list[str]]
) -> None:
    memory, desk = keeper(space), Desk(space)
    fields = {
        **desk.form(PAGE, f"{PAGE}/circle"),
        "to": "srt",
        "word": "approve",
        "character": "keeper",
        "clothes": "hat",
    }
    stranger = TestClient(build(space, Access(port=8420)), base_url=ADDRESS, follow_redirects=False)
    for action in ("/start", *(f"{PAGE}/{name}" for name in FORMS)):
        for origin in ("http://evil.example", "null", "https://127.0.0.1:8420", ""):
            headers = {"origin": origin} if origin else {}
            assert desk.client.post(action, data=fields, headers=headers).status_code == 403, (action, origin)
        assert stranger.post(action, data=fields, headers={"origin": ADDRESS}).status_code == 403
        for csrf in ("", "guess", fields["csrf"][:-1]):
            assert desk.post(action, **{**fields, "csrf": csrf}).status_code == 403, (action, csrf)
        plain = desk.client.post(action, content=b"{}", headers={"origin": ADDRESS, "content-type": "application/json"})
        assert plain.status_code == 415
        assert desk.client.get(action).status_code == (200 if action == "/start" else 405)
    assert memory.requests("keeper") == [] and started == []


def test_large_crowded_broken_and_slow_forms_are_refused(
    space: Workspace, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, desk = keeper(space), Desk(space)
    headers = {"origin": ADDRESS, "content-type": forms.KIND}
    action = f"{PAGE}/retake"
    huge = {**headers, "content-length": str(2**30)}
    assert desk.client.post(action, headers=huge, content=b"").status_code == 413
    assert desk.client.post(action, headers=headers, content=b"note=" + b"x" * 70_000).status_code == 413
    for body in (b"&".join(b"a%d=1" % n for n in range(100)), b"csrf=%ff%fe", "csrf=é".encode()):
        assert desk.client.post(action, headers=headers, content=body).status_code == 400, body[:20]
    fields = desk.form(PAGE, action)
    assert desk.post(action, **{**fields, "scene": "9"}).status_code == 400
    assert desk.post(action, **{**fields, "shot": "1 OR 1=1"}).status_code == 400
    assert "at most 2000" in desk.post(action, **{**fields, "note": "x" * 2001}).text
    assert "choose from: low" in desk.post(action, **{**fields, "angle": "sideways"}).text
    monkeypatch.setattr(forms, "SECONDS", 0.1)
    assert asyncio.run(slow(desk.client.app, desk.client.cookies, action)) == 408
    assert memory.requests("keeper") == [] and started == []


async def slow(app: Any, cookies: Any, path: str) -> int:
    """Status for a client that sends one byte and then nothing."""
    told: list[int] = []
    waiting = [{"type": "http.request", "body": b"c", "more_body": True}]

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await asyncio.sleep(30)
        raise AssertionError("nobody waits that long")

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {"host": "127.0.0.1:8420", "origin": ADDRESS, "content-type": forms.KIND, "content-length": "100",
               "cookie": cookie}  # fmt: skip
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "scheme": "http",
             "server": ("127.0.0.1", 8420), "client": ("127.0.0.1", 1), "http_version": "1.1",
             "root_path": ""}  # fmt: skip
    await app(scope, receive, send)
    return told[0]


def test_a_take_of_another_production_is_no_take_of_this_one(space: Workspace, started: list[list[str]]) -> None:
    memory = keeper(space)
    keeper(space, "other")
    desk = Desk(space)
    fields = {**desk.form(PAGE, f"{PAGE}/circle"), "take": "3"}
    assert desk.post(f"{PAGE}/circle", **fields).status_code == 404
    assert desk.post(f"{PAGE}/note", **fields, frame="0", note="x").status_code == 404
    for name in ("..%2fkeeper", "%2e%2e", "nobody", "keeper%00"):
        assert desk.post(f"/productions/{name}/circle", **fields).status_code == 404, name
    assert memory.requests("keeper") == memory.requests("other") == []


def test_a_production_deleted_while_it_is_directed_is_not_found_politely(
    space: Workspace, started: list[list[str]]
) -> None:
    memory, desk = keeper(space), Desk(space)
    fields = {**desk.form(PAGE, f"{PAGE}/circle"), "to": "srt"}
    shutil.rmtree(space.runs / "keeper")
    assert desk.post(f"{PAGE}/circle", **fields).status_code == 400
    memory.forget("keeper")
    for name in FORMS:
        assert desk.post(f"{PAGE}/{name}", **fields).status_code == 404, name
    assert started == []


def test_whatever_people_ask_is_text(space: Workspace, started: list[list[str]]) -> None:
    memory, desk = keeper(space, status="waiting", gate="plan"), Desk(space)
    desk.send(f"{PAGE}/bible", f"{PAGE}/look", clothes=SCRIPT, hair=SCRIPT, description=SCRIPT)
    desk.send(PAGE, f"{PAGE}/retake", note=SCRIPT)
    desk.send(PAGE, f"{PAGE}/verdict", word="send back", note=SCRIPT)
    memory.ask(Request(production="keeper", kind=SCRIPT, gate=SCRIPT, note=SCRIPT))
    for page in (PAGE, f"{PAGE}/bible", f"{PAGE}/takes/1"):
        text = desk.client.get(page).text
        assert "<script>alert" not in text and 'style="' not in text and "onclick" not in text, page
    refused = desk.post(f"{PAGE}/look", **desk.form(PAGE, f"{PAGE}/retake"), character=SCRIPT, clothes="hat")
    assert refused.status_code == 400 and "<script>" not in refused.text
    exported = desk.post(f"{PAGE}/export", **desk.form(PAGE, f"{PAGE}/retake"), to=SCRIPT)
    assert exported.status_code == 400 and "choose from: " in exported.text and "<script>" not in exported.text
