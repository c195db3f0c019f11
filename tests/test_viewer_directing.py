"""Directing in the browser: forms write the rows that the command line writes, and nobody else's forms do."""

from __future__ import annotations

import pytest
from desk_lab import PAGE, SCRIPT, Desk, keeper
from screening_lab import visitor

from studio.config import Workspace
from studio.crew.production import reopen
from studio.publish import publish_json
from studio.viewer.office import Office


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
