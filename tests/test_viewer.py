"""The screening room shows every production as it is: finished, half-made or broken, and never writes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from lab import Studio
from screening_lab import annotate, fill, plan, shelve, take, visitor
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from studio.config import Workspace
from studio.viewer.library import Library

SCRIPT = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def filmed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    """A workspace with one film of the cheap engine, made by `studio make`."""
    space = tmp_path_factory.mktemp("filmed")
    Studio(package, space).make("--scenes", "2", "--name", "film")
    return Workspace(space), "film"


def everything(client: TestClient, start: str = "/") -> dict[str, int]:
    """Follow every link, picture and film from ``start``; address -> status."""
    seen: dict[str, int] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        answer = client.get(address)
        seen[address] = answer.status_code
        if answer.headers["content-type"].startswith("text/html"):
            found = re.findall(r'(?:href|src|poster)="([^"#]+)', answer.text)
            waiting += [link if link.startswith("/") else f"/{link}" for link in found]
    return seen


def files(root: Path) -> dict[str, str]:
    """Every file with the hash of what it holds; SQLite's shared-memory files are no content."""
    found = (path for path in root.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


# A film made by Studio


def test_every_link_picture_and_clip_of_a_made_film_is_there_and_nothing_is_written(
    filmed: tuple[Workspace, str],
) -> None:
    space, name = filmed
    before = files(space.root)
    seen = everything(visitor(space))
    assert set(seen.values()) == {200}
    for page in ("", "/curves", "/bible"):
        assert f"/productions/{name}{page}" in seen
    for kind in ("film", "take", "poster", "reference"):
        assert any(address.startswith(f"/media/{kind}/") for address in seen), kind
    assert files(space.root) == before


def test_each_shot_in_the_strip_names_its_frame_in_the_film(filmed: tuple[Workspace, str]) -> None:
    space, name = filmed
    page = visitor(space).get(f"/productions/{name}").text
    first = [int(n) for n in re.findall(r'data-first="(\d+)"', page)]
    whole = [int(n) for n in re.findall(r'data-frame="(\d+)"', page)]
    ends = [int(n) for n in re.findall(r'data-end="(\d+)"', page)]
    # 2.5 s of title, then two scenes of two shots of 2 s each; every scene dissolves in over half a second.
    assert first[0] == 60 - 12 and whole[0] == 60
    assert first[1:] == [ends[0], ends[1] - 12, ends[2]] and whole[2] == first[2] + 12


def test_a_take_has_a_picture_even_where_no_thumbnail_lies_beside_it(filmed: tuple[Workspace, str]) -> None:
    space, name = filmed
    row = Library(space).record(name).takes[0]  # type: ignore[union-attr]
    thumbnail = (space.runs / name / row.file).with_suffix(".jpg")
    kept = thumbnail.read_bytes()
    thumbnail.unlink()
    try:
        answer = visitor(space).get(f"/media/poster/{row.id}")
        assert answer.status_code == 200 and answer.content.startswith(b"\xff\xd8") and not thumbnail.exists()
    finally:
        thumbnail.write_bytes(kept)


# The shelf


def test_an_empty_workspace_says_how_to_begin(space: Workspace) -> None:
    page = visitor(space).get("/")
    assert page.status_code == 200 and "studio make --prompt" in page.text
    assert not space.runs.exists()


def test_cards_show_what_a_producer_asks_first(space: Workspace) -> None:
    shelve(space, "keeper", take("keeper", reward=0.8), document=plan(), cut_frames=1440)
    page = visitor(space).get("/").text
    for told in ("The Keeper", "A keeper finds a whale", "finished", "1:00", "reward 0.80", "d ago", "/media/poster/1"):
        assert told in page, told


def test_the_shelf_is_searched_and_sorted_by_the_address(space: Workspace) -> None:
    for name, reward in (("alpha", 0.2), ("beta", 0.9), ("gamma", 0.5)):
        shelve(space, name, take(name, reward=reward), document=plan(title=f"{name} film"))
    client = visitor(space)

    def order(query: str) -> list[str]:
        return re.findall(r'href="/productions/([a-z]+)"', client.get(f"/?{query}").text)

    assert order("") == ["gamma", "beta", "alpha"]
    assert order("sort=reward") == ["beta", "gamma", "alpha"]
    assert order("sort=title") == ["alpha", "beta", "gamma"]
    assert order("q=BETA+whale") == ["beta"]
    assert order("sort=nonsense&page=99999999") == ["gamma", "beta", "alpha"]
    assert "Nothing matches" in client.get("/?q=zeppelin").text


def test_the_shelf_of_500_productions_takes_20_queries_at_most(space: Workspace) -> None:
    fill(space, 500, 3)
    client, queries = visitor(space), []

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        queries.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        assert "500 of 500" in client.get("/?sort=reward").text
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert 0 < len(queries) <= 20, queries


# One production


def test_a_take_is_shown_with_everything_that_was_decided_about_it(space: Workspace) -> None:
    shelve(space, "keeper", take("keeper", reward=0.8), document=plan())
    client = visitor(space)
    for page in ("/productions/keeper", "/productions/keeper/takes/1"):
        text = client.get(page).text
        for told in (
            "Wide shot. The keeper walks.", "blurry", "exposure: too dark in ", "circle take", "fixed",
            "visual quality", "0.60", "0.800", "explained variance", "-0.5000", "ab" * 32, "flat flat-1", "cd" * 32,
            "rendered in 1.5 s", "v2",
        ):  # fmt: skip
            assert told in text, (page, told)


def test_curves_mark_the_bar_and_each_point_opens_its_take(space: Workspace) -> None:
    rows = [take("keeper", number=1, reward=0.4), take("keeper", number=2, reward=0.9)]
    shelve(space, "keeper", *rows, document=plan())
    text = visitor(space).get("/productions/keeper/curves").text
    assert "accepted from here" in text and 'class="ink0 retake"' in text
    assert text.index("/productions/keeper/takes/1") < text.index("/productions/keeper/takes/2")
    for figure in ("KL", "entropy", "clip fraction", "explained variance"):
        assert f"<h2>{figure}</h2>" in text


def test_the_bible_shows_references_scenes_consistency_and_the_log(space: Workspace) -> None:
    shelve(space, "keeper", take("keeper"), document=plan())
    annotate(space, "keeper", "The lamp is broken.", "the disk was nearly full")
    client = visitor(space)
    text = client.get("/productions/keeper/bible").text
    for told in ("the keeper", "/media/reference/1", "The lamp is broken.", "sc01_sh01_tk1: 0.70"):
        assert told in text, told
    assert client.get("/media/reference/1").headers["content-type"] == "image/png"
    assert "the disk was nearly full" in client.get("/productions/keeper").text


# Half-made and broken ones


def test_a_production_without_plan_or_takes_is_a_page_too(space: Workspace) -> None:
    shelve(space, "keeper", status="stopped", film=None)
    client = visitor(space)
    for page in ("", "/curves", "/bible"):
        assert client.get(f"/productions/keeper{page}").status_code == 200
    text = client.get("/productions/keeper").text
    assert "studio resume keeper" in text and "There is no film yet" in text


def test_a_killed_production_is_not_called_running(space: Workspace) -> None:
    folder = shelve(space, "keeper", status="running", film=None)
    (folder / ".lock").write_text("2147483646")  # no process has this number
    assert "interrupted" in visitor(space).get("/").text


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ("{", "report.json is damaged"),
        ('{"schema_version": 1}', "report.json is damaged"),
        ("[" * 100_000, "report.json is damaged"),
        ('{"schema_version": 99}', "schema version 99"),
    ],
)
def test_a_report_that_cannot_be_read_is_said_and_the_rest_is_shown(space: Workspace, report: str, said: str) -> None:
    folder = shelve(space, "keeper", take("keeper"), document=plan())
    (folder / "report.json").write_text(report)
    text = visitor(space).get("/productions/keeper").text
    assert said in text and "Wide shot. The keeper walks." in text


def test_missing_films_clips_and_plans_are_said(space: Workspace) -> None:
    folder = shelve(space, "keeper", take("keeper"), document={"title": "of another version"})
    (folder / "film.mp4").unlink()
    (folder / "scenes/01/shot-01/take-1.mp4").unlink()
    client = visitor(space)
    text = client.get("/productions/keeper").text
    assert "film.mp4 is missing" in text and "The clip of this take is missing" in text
    assert "The plan is not one that this version of Studio reads" in text
    assert client.get("/media/film/1").status_code == client.get("/media/take/1").status_code == 404


def test_a_production_deleted_while_it_is_watched_is_not_found_politely(space: Workspace) -> None:
    import shutil

    from studio.memory.store import Memory

    folder = shelve(space, "keeper", take("keeper"), document=plan())
    client = visitor(space)
    shutil.rmtree(folder)
    assert "files are gone" in client.get("/").text
    assert client.get("/productions/keeper").status_code == 200
    Memory(space.runs / "studio.db").forget("keeper")
    for page in ("/productions/keeper", "/productions/keeper/takes/1", "/media/film/1", "/media/poster/1"):
        assert client.get(page).status_code == 404


def test_a_database_that_is_none_or_too_new_is_one_clear_page(space: Workspace) -> None:
    import sqlite3

    space.runs.mkdir(parents=True)
    (space.runs / "studio.db").write_bytes(b"this is not SQLite" * 100)
    answer = visitor(space).get("/")
    assert answer.status_code == 503 and "studio.db cannot be read" in answer.text
    (space.runs / "studio.db").unlink()
    with sqlite3.connect(space.runs / "studio.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    answer = visitor(space).get("/")
    assert answer.status_code == 503 and "schema 99" in answer.text


def test_whatever_people_and_models_wrote_is_text(space: Workspace) -> None:
    data = {"prompt": SCRIPT, "critic": {"passed": False, "notes": [SCRIPT], "checks": {SCRIPT: 1.0}},
            "direction": {"shot_size": SCRIPT}, "attempts": [SCRIPT]}  # fmt: skip
    shelve(space, "keeper", take("keeper", **data), document=plan(title=SCRIPT, action=SCRIPT), prompt=SCRIPT)
    annotate(space, "keeper", SCRIPT, SCRIPT)
    client = visitor(space)
    pages = ["/", f"/?q={SCRIPT}", "/productions/keeper", "/productions/keeper/takes/1", "/productions/keeper/curves",
             "/productions/keeper/bible", f"/productions/{SCRIPT}"]  # fmt: skip
    for page in pages:
        text = client.get(page).text
        assert "<script>" not in text, page
        assert 'style="' not in text and "onclick" not in text, "the content security policy would refuse it"


def test_a_note_leads_to_the_frame_that_it_speaks_of(space: Workspace) -> None:
    shelve(space, "keeper", take("keeper"), document=plan())
    client = visitor(space)
    assert 'href="/productions/keeper/takes/1?frame=12"' in client.get("/productions/keeper").text
    assert 'src="/media/take/1#t=0.5208"' in client.get("/productions/keeper/takes/1?frame=12").text
    for nonsense in ("", "-1", "x", "9" * 20):
        assert 'src="/media/take/1"' in client.get(f"/productions/keeper/takes/1?frame={nonsense}").text


def test_two_productions_are_compared_by_what_differs(space: Workspace) -> None:
    for name, reward in (("alpha", 0.2), ("beta", 0.9)):
        shelve(space, name, take(name, reward=reward), document=plan(title=name), prompt=f"A film of {name}")
    client = visitor(space)
    text = client.get("/compare?a=alpha&b=beta").text
    assert "A film of alpha" in text and "A film of beta" in text and "0.9" in text
    made = text[text.index("What they were made with") :]
    assert made.index("A film of alpha") < made.index("rl.reward threshold"), "what differs comes first"
    charts = client.get("/compare.json?a=alpha&b=beta").json()
    assert [line["values"] for line in charts[0]["lines"]] == [[0.2], [0.9]] and charts[0]["bar"] == 0.75
    assert charts[0]["lines"][1]["links"] == ["/productions/beta/takes/2"]
    assert client.get("/compare").status_code == 200
    assert client.get("/compare?a=alpha&b=ghost").status_code == 404
    same = client.get("/compare?a=alpha&b=alpha").text
    assert "Both were made with the same settings." in same


def test_takes_of_a_shot_are_chosen_by_the_address(space: Workspace) -> None:
    rows = [take("keeper", number=n, reward=n / 10, seed=n) for n in (1, 2, 3)]
    shelve(space, "keeper", *rows, document=plan(shots=2))
    client = visitor(space)
    text = client.get("/productions/keeper/shots/1/1?a=1&b=2").text
    assert text.index("/media/take/1") < text.index("/media/take/2") and "/media/take/3" not in text
    assert "/media/take/3" in client.get("/productions/keeper/shots/1/1?a=99&b=x").text
    assert "Not shot yet" in client.get("/productions/keeper/shots/1/2").text
    assert client.get("/productions/keeper/shots/1/3").status_code == 404
