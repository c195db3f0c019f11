"""Directing in the browser: forms write the rows that the command line writes, and nobody else's forms do."""

from __future__ import annotations

import asyncio
import re
import shutil
from typing import Any

import pytest
from screening_lab import ADDRESS, plan, shelve, take, visitor
from starlette.testclient import TestClient

from studio.config import Settings, Workspace
from studio.crew.production import reopen
from studio.crew.slate import Slate
from studio.memory.store import Memory
from studio.memory.tables import Request
from studio.publish import publish_json
from studio.viewer import forms
from studio.viewer.app import build
from studio.viewer.guard import Access
from studio.viewer.office import Office

SCRIPT = '<script>alert("x")</script>'
FORMS = ("circle", "retake", "note", "look", "verdict", "withdraw", "resume", "export")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the office was asked to start; nothing is."""
    asked: list[list[str]] = []
    monkeypatch.setattr(Office, "_start", lambda self, arguments, errors: asked.append(arguments))
    return asked


def keeper(space: Workspace, name: str = "keeper", status: str = "finished", gate: str = "") -> Memory:
    """A production of one shot with two takes, the second one circled."""
    folder = shelve(space, name, take(name), take(name, number=2), document=plan(), status=status)
    slate = Slate(
        name=name, studio_version="0", prompt="A keeper", settings=Settings(), seed=7, engine_version="1",
        artist_version="1", writer_version="1", encoder_version="1", policy_version="v1",
    )  # fmt: skip
    publish_json(folder / "slate.json", slate.model_dump(mode="json"))
    memory = Memory(space.runs / "studio.db")
    row = memory.production(name)
    assert row is not None
    row.gate = gate
    memory.save_production(row)
    memory.memoise("review", {"production": name}, bool(gate))
    return memory


class Desk:
    """A visitor who fills in the forms of a page as a browser does."""

    def __init__(self, space: Workspace) -> None:
        self.client = visitor(space)

    def form(self, page: str, action: str, nth: int = 0) -> dict[str, str]:
        """The hidden fields of the ``nth`` form of ``page`` that posts to ``action``."""
        text = self.client.get(page).text
        found = re.findall(rf'<form[^>]*action="{action}"[^>]*>(.*?)</form>', text, re.S)
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[nth]))

    def post(self, action: str, **fields: str) -> Any:
        return self.client.post(action, data=fields, headers={"origin": ADDRESS})

    def send(self, page: str, action: str, nth: int = 0, **fields: str) -> Any:
        return self.post(action, **{**self.form(page, action, nth), **fields})


PAGE = "/productions/keeper"


# What the forms do


def test_circling_writes_the_row_and_starts_a_resume(space: Workspace, started: list[list[str]]) -> None:
    memory, desk = keeper(space), Desk(space)
    fields = desk.form(PAGE, f"{PAGE}/circle")
    answer = desk.post(f"{PAGE}/circle", **fields)
    assert answer.status_code == 303 and answer.headers["location"] == f"{PAGE}#shot-1-1"
    assert started == [["resume", "keeper"]]
    assert "take 1 of 1.1 circled" in desk.client.get(PAGE).text and "not done yet" in desk.client.get(PAGE).text
    desk.post(f"{PAGE}/circle", **fields)
    asked = memory.requests("keeper")
    assert [(row.kind, row.take) for row in asked] == [("circle", 1)], "the same form twice asks once"


def test_the_process_that_makes_the_film_is_left_to_do_it(space: Workspace, started: list[list[str]]) -> None:
    memory, desk = keeper(space, status="running"), Desk(space)
    with reopen(space, "keeper").alone():
        answer = desk.send(PAGE, f"{PAGE}/retake", note="closer", angle="low")
    assert answer.status_code == 303 and started == []
    row = memory.requests("keeper")[0]
    assert (row.kind, row.note, row.direction) == ("retake", "closer", {"angle": "low"})


def test_a_note_at_a_frame_waits_and_is_ticked_off(space: Workspace, started: list[list[str]]) -> None:
    memory, desk = keeper(space), Desk(space)
    page = f"{PAGE}/takes/1"
    answer = desk.send(page, f"{PAGE}/note", frame="31", note=SCRIPT)
    assert answer.headers["location"] == f"{page}#notes" and started == []
    for shown in (page, PAGE):
        text = desk.client.get(shown).text
        assert "frame 31" in text and "&lt;script&gt;" in text and "<script>alert" not in text
    assert "frames 0 to 47" in desk.send(page, f"{PAGE}/note", frame="48", note="late").text
    assert desk.send(page, f"{PAGE}/withdraw").status_code == 303
    assert memory.requests("keeper") == []
    assert desk.post(f"{PAGE}/withdraw", **desk.form(page, f"{PAGE}/note"), request="1").status_code == 400


def test_a_coat_is_changed_at_the_gate_and_waits_for_the_word(space: Workspace, started: list[list[str]]) -> None:
    memory, desk = keeper(space, status="waiting", gate="plan"), Desk(space)
    bible = f"{PAGE}/bible"
    answer = desk.send(bible, f"{PAGE}/look", clothes="red coat, cap", hair="", description="A keeper.")
    assert answer.status_code == 303 and started == []
    assert memory.requests("keeper")[0].look == {"clothes": ["red coat", "cap"]}
    assert 'value="red coat, cap"' in desk.client.get(bible).text, "the form shows what was asked for"
    now = "A keeper. Wearing red coat, cap."
    desk.send(bible, f"{PAGE}/look", clothes="red coat, cap", hair="grey", description=now)
    assert memory.requests("keeper")[1].look == {"hair": "grey"}
    assert "Your word on the plan" in desk.client.get(PAGE).text
    stale = desk.send(PAGE, f"{PAGE}/verdict", word="approve", gate="references")
    assert stale.status_code == 400 and "does not wait there any more" in stale.text
    assert desk.send(PAGE, f"{PAGE}/verdict", word="approve").status_code == 303
    assert started == [["resume", "keeper"]]
    assert [row.kind for row in memory.requests("keeper")] == ["look", "look", "approve"]


def test_sending_back_a_scene_asks_its_shots_again(space: Workspace, started: list[list[str]]) -> None:
    memory, desk = keeper(space, status="waiting", gate="scene 1"), Desk(space)
    empty = desk.send(PAGE, f"{PAGE}/verdict", word="send back")
    assert empty.status_code == 400 and "say what should be different" in empty.text
    desk.send(PAGE, f"{PAGE}/verdict", word="send back", note="closer")
    assert [(row.kind, row.note) for row in memory.requests("keeper")] == [
        ("retake", "closer"),
        ("send back", "closer"),
    ]
    assert started == [["resume", "keeper"]]


def test_a_stopped_production_goes_on_and_a_waiting_one_needs_a_word(
    space: Workspace, started: list[list[str]]
) -> None:
    keeper(space, status="stopped"), keeper(space, "other", status="waiting", gate="plan")
    desk = Desk(space)
    assert desk.send(PAGE, f"{PAGE}/resume").status_code == 303
    assert started == [["resume", "keeper"]]
    assert desk.post("/productions/other/resume", **desk.form(PAGE, f"{PAGE}/resume")).status_code == 400


def test_the_start_form_says_what_is_wrong_in_one_line_and_keeps_what_was_written(
    space: Workspace, started: list[list[str]]
) -> None:
    desk = Desk(space)
    good = {"prompt": f"A keeper {SCRIPT}", "engine": "previz", "scenes": "2", "seed": "0", "bible": "", "name": ""}
    for wrong, said in (
        ({"prompt": " "}, "the prompt is empty"),
        ({"scenes": "13"}, "scenes: &#39;13&#39; is not a whole number from 1 to 12"),
        ({"seed": "-1"}, "seed: &#39;-1&#39;"),
        ({"engine": "../x"}, "unknown engine"),
        ({"bible": "../.."}, "no story bible"),
        ({"name": "../evil"}, "may hold a-z"),
        ({"name": "--help"}, "may hold a-z"),
    ):
        answer = desk.send("/start", "/start", **{**good, **wrong})
        assert answer.status_code == 400 and answer.text.count('role="alert"') == 1, wrong
        assert said in answer.text, (wrong, answer.text)
        assert SCRIPT not in answer.text
    assert started == [] and not list(space.runs.glob("*"))


def test_the_start_form_becomes_a_list_of_arguments(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def start(self: Office, arguments: list[str], errors: object) -> None:
        asked.append(arguments)
        publish_json(space.runs / arguments[2] / "slate.json", {})

    monkeypatch.setattr(Office, "_start", start)
    desk = Desk(space)
    fields = {**desk.form("/start", "/start"), "prompt": "--help; $(rm -rf /) `x`", "engine": "previz", "scenes": "2",
              "seed": "7", "review": "1"}  # fmt: skip
    for _twice in range(2):
        answer = desk.post("/start", **fields)
        assert answer.headers["location"] == "/productions/help-rm-rf-x"
    assert asked == [
        ["make", "--name", "help-rm-rf-x", "--prompt=--help; $(rm -rf /) `x`", "--engine=previz", "--scenes=2",
         "--seed=7", "--review"]
    ]  # fmt: skip


# What they refuse


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


def test_a_database_of_an_earlier_version_is_brought_up_to_date_when_the_room_opens(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    import uvicorn

    from studio.memory.migrations import STEPS
    from studio.viewer.library import Library
    from studio.viewer.serve import open_room

    space.runs.mkdir(parents=True)
    with sqlite3.connect(space.runs / "studio.db") as connection:
        connection.executescript(STEPS[0] + "PRAGMA user_version = 1;")
    assert Library(space).outdated() and visitor(space).get("/").status_code == 503
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    open_room(space, "127.0.0.1", 0, "/", lambda address: None)
    assert not Library(space).outdated() and visitor(space).get("/").status_code == 200
