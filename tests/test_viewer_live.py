"""What an open page is told while a film is being made."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import anyio
import pytest
from screening_lab import plan, shelve, take
from starlette.responses import Response, StreamingResponse

from studio.config import Workspace
from studio.memory.store import Memory
from studio.memory.tables import Circle
from studio.viewer.live import MAX_STREAMS, Streams, Watch, message
from studio.viewer.progress import Now, progress, read_log


def log(folder: Path, *events: dict[str, Any]) -> None:
    with open(folder / "log.jsonl", "a", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def at(second: float, event: str, scene: int = 1, shot: int = 1, take: int = 1, **more: Any) -> dict[str, Any]:
    return {"t": second, "event": event, "scene": scene, "shot": shot, "take": take, **more}


@pytest.fixture
def running(space: Workspace) -> Path:
    """Folder of a production that is being made by this process: two scenes of two shots, two takes a shot at most."""
    folder = shelve(space, "keeper", status="running", film=None, document=plan(scenes=2, shots=2))
    (folder / ".lock").write_text(str(os.getpid()))
    (folder / "creative_document.json").write_text(json.dumps(plan(scenes=2, shots=2)))
    (folder / "slate.json").write_text(json.dumps({"settings": {"rl": {"takes_per_shot": 2}}}))
    (space.bibles / "keeper").mkdir(parents=True)
    (space.bibles / "keeper" / "bible.json").write_text("{}")
    log(folder, {"t": 0, "event": "started"})
    return folder


# What it does just now


def test_before_the_first_shot_there_are_the_plan_and_the_references(space: Workspace, running: Path) -> None:
    assert progress(space, "keeper", 1).slate == "1.1 take 1"
    (space.bibles / "keeper" / "bible.json").unlink()
    assert progress(space, "keeper", 1) == Now("drawing the references", shots=4)
    (running / "creative_document.json").unlink()
    assert progress(space, "keeper", 1) == Now("writing the plan")


def test_the_stage_follows_the_log_from_take_to_take(space: Workspace, running: Path) -> None:
    def now() -> tuple[str, str, int]:
        told = progress(space, "keeper", 100)
        return told.stage, told.slate, told.done

    log(running, at(5, "take_rendered"))
    assert now() == ("judging", "1.1 take 1", 0)
    log(running, at(10, "take_committed", accepted=False))
    assert now() == ("shooting", "1.1 take 2", 0), "it fell short"
    log(running, at(15, "take_cached", take=2), at(20, "take_committed", take=2, accepted=False))
    assert now() == ("shooting", "1.2 take 1", 1), "two takes are all that a shot gets"
    log(running, at(30, "take_committed", shot=2, accepted=True))
    assert now() == ("shooting", "2.1 take 1", 2)
    log(running, *(at(40, "take_committed", scene=2, shot=n, accepted=True) for n in (1, 2)))
    assert now() == ("cutting the film", "", 4)
    log(running, {"t": 50, "event": "cut", "number": 1})
    assert now() == ("writing the report", "", 4)


def test_the_time_left_is_told_at_the_pace_so_far(space: Workspace, running: Path) -> None:
    assert progress(space, "keeper", 30).left is None
    log(running, at(60, "take_committed", accepted=True))
    assert progress(space, "keeper", 60).left == 180, "three shots of a minute each"
    assert progress(space, "keeper", 60).wait == "about 3 min left"
    assert progress(space, "keeper", 160).wait == "about 80 s left"
    assert progress(space, "keeper", 900).left == 0
    # After a night's rest the pace is that of the new session.
    log(running, {"t": 90_000, "event": "resumed"}, at(90_010, "take_committed", shot=2, accepted=True))
    assert progress(space, "keeper", 90_010).left == 20


def test_a_retake_of_a_finished_film_is_told_of(space: Workspace, running: Path) -> None:
    log(running, *(at(10, "take_committed", scene, shot, accepted=True) for scene in (1, 2) for shot in (1, 2)))
    log(running, {"t": 20, "event": "finished"}, {"t": 500, "event": "resumed"})
    assert progress(space, "keeper", 501).stage == "starting"
    told = progress(space, "keeper", 501, asked=[(1, 2)])
    assert (told.stage, told.slate, told.done) == ("shooting", "1.2 take 2", 3)
    log(running, at(510, "take_rendered", shot=2, take=2))
    assert progress(space, "keeper", 511, asked=[(1, 2)]).slate == "1.2 take 2"


@pytest.mark.parametrize("text", ["", "{", "[]\n", '{"t": "x"}\n', '{"t": 1}\n{"t": 2, "event', "\0" * 99])
def test_a_torn_log_is_read_as_far_as_it_goes(running: Path, space: Workspace, text: str) -> None:
    (running / "log.jsonl").write_text(text)
    assert len(read_log(running / "log.jsonl")) <= 1
    assert progress(space, "keeper", 1).stage == "shooting"
    for name in ("creative_document.json", "slate.json"):
        (running / name).write_text(text)
    assert progress(space, "keeper", 1).stage == "writing the plan"


# What is sent


def heard(response: Response, events: int) -> list[str]:
    """The first events of a stream."""
    assert isinstance(response, StreamingResponse)

    async def listen() -> list[str]:
        found: list[str] = []
        with anyio.fail_after(20):
            async for text in response.body_iterator:
                if str(text).startswith("event:"):
                    found.append(str(text))
                if len(found) == events:
                    break
        return found

    return anyio.run(listen)


def drawer(space: Workspace) -> Any:
    """The streams of a viewer, without its door: ``(path, query) -> Watch``."""
    from starlette.requests import Request

    from studio.viewer.library import Library
    from studio.viewer.media import Vault
    from studio.viewer.pages import Pages
    from studio.viewer.watching import Watching

    class Kept(Streams):
        def answer(self, watch: Watch) -> Any:
            return watch

    watching = Watching(Pages(Library(space), Vault(space)), Kept())

    def watch(name: str = "", query: str = "") -> Watch:
        scope = {"type": "http", "query_string": query.encode(), "path_params": {"name": name}, "headers": []}
        handler = watching.production if name else watching.shelf

        async def ask() -> Any:
            return await handler(Request(scope))

        found: Watch = anyio.run(ask)
        return found

    return watch


def outline(space: Workspace, name: str) -> str:
    from studio.viewer.library import Library
    from studio.viewer.media import Vault
    from studio.viewer.screening import screen

    record = Library(space).record(name)
    assert record is not None
    return screen(record, Vault(space)).outline


def test_a_new_take_is_sent_once_and_its_circle_when_it_is_drawn(space: Workspace, running: Path) -> None:
    watch = drawer(space)("keeper", f"seen=0&shots={outline(space, 'keeper')}")
    assert set(watch.changes()) == {"meta", "banners", "now", "screen", "strip", "about"}
    memory, row = Memory(space.runs / "studio.db"), take("keeper")
    memory.commit_take(row)
    changed = watch.changes()
    assert 'hx-swap-oob="beforeend:#takes-1-1"' in changed["take-1"] and "circle take" not in changed["head-1"]
    memory.circle(Circle(production="keeper", scene=1, shot=1, number=1, brief_key=row.key))
    changed = watch.changes()
    assert "circle take" in changed["head-1"] and "take-1" not in changed
    assert "head-1" not in watch.changes()


def test_a_plan_that_comes_later_brings_its_scenes(space: Workspace) -> None:
    shelve(space, "keeper", status="running", film=None)
    watch = drawer(space)("keeper", f"seen=0&shots={outline(space, 'keeper')}")
    assert "scenes" not in watch.changes()
    Memory(space.runs / "studio.db").memoise("plan", {"production": "keeper"}, plan(title="<b>The Keeper</b>"))
    scenes = watch.changes()["scenes"]
    assert 'id="takes-1-1"' in scenes and "<b>" not in scenes


def test_a_page_whose_production_was_removed_hears_nothing_more(space: Workspace, running: Path) -> None:
    watch = drawer(space)("keeper")
    assert watch.changes()
    Memory(space.runs / "studio.db").forget("keeper")
    assert watch.changes() == {}
    assert drawer(space)("../..", "seen=x&shots=y").changes() == {}


def test_the_shelf_hears_of_changed_cards_and_of_new_ones(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.viewer.watching.SHARED", 0)
    shelve(space, "alpha", take("alpha"), document=plan())
    watch = drawer(space)("", "")
    assert set(watch.changes()) == {"shelf"}, "a page that says nothing of its cards gets them all"
    assert set(watch.changes()) <= {"card-1"}
    memory = Memory(space.runs / "studio.db")
    row = memory.production("alpha")
    assert row is not None
    row.status = "stopped"
    memory.save_production(row)
    assert "stopped" in watch.changes()["card-1"]
    shelve(space, "beta", status="running", film=None)
    assert "/productions/beta" in watch.changes()["shelf"]


def test_pages_that_show_the_same_share_one_drawing_and_miss_nothing(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.viewer import watching

    monkeypatch.setattr(watching, "SHARED", 600)
    monkeypatch.setattr(watching, "LASTS", 600)
    drawn: list[str] = []
    browse = watching.browse
    monkeypatch.setattr(watching, "browse", lambda *given: drawn.append("") or browse(*given))
    shelve(space, "alpha", take("alpha"), document=plan())
    look = drawer(space)
    first = look("", "")
    second = look("", "")
    assert first.changes() == second.changes() and len(drawn) == 1
    memory = Memory(space.runs / "studio.db")
    row = memory.production("alpha")
    assert row is not None
    row.status = "stopped"
    memory.save_production(row)
    assert "stopped" not in str(first.changes()), "the drawing is a moment old"
    monkeypatch.setattr(watching, "SHARED", 0)
    assert "stopped" in first.changes()["card-1"] and "stopped" in second.changes()["card-1"]
    assert len(drawn) == 2


def test_streams_are_bounded_and_end_with_the_viewer() -> None:
    streams = Streams()
    watch = Watch(lambda: {"now": "<p>one\ntwo</p>"}, lambda: [], dict)
    assert heard(streams.answer(watch), 1) == [message("<p>one\ntwo</p>")]
    streams.closing = True
    again = Watch(lambda: {"now": "<p>one</p>"}, lambda: [], dict)
    assert heard(streams.answer(again), 1) == []
    streams.open = MAX_STREAMS
    assert streams.answer(watch).status_code == 503
