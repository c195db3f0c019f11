"""The desk at work: a real viewer, real productions, and everybody at the same database."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from lab import Studio

TOML = """
[director]
llm = "canned"
[production]
engine = "flat"
artist = "flat"
width = 128
height = 96
[reward]
visual_quality = 0
character_consistency = 0
location_consistency = 0
narrative_coherence = 0
seeded = 1
[rl]
reward_threshold = 0.75
[sound]
score = false
ambience = false
effects = false
"""


class Viewer:
    """`studio view` of a workspace, and a browser that was let in."""

    def __init__(self, studio: Studio) -> None:
        (studio.space / "studio.toml").write_text(TOML)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "studio", "view", "--no-browser"], env=studio.environment(), cwd=studio.space,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        address = self.process.stdout.readline().strip()
        self.origin = address.partition("/?")[0]
        self.client = httpx.Client(base_url=self.origin, timeout=120)
        assert self.client.get(address).status_code == 200

    def send(self, page: str, action: str, nth: int = 0, **fields: str) -> httpx.Response:
        """Fill in the ``nth`` form of ``page`` that posts to ``action``."""
        text = self.client.get(page).text
        found = re.findall(rf'<form[^>]*action="{action}"[^>]*>(.*?)</form>', text, re.S)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[nth]))
        return self.client.post(action, data={**hidden, **fields}, headers={"origin": self.origin})

    def close(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


@pytest.fixture
def opened(studio: Studio) -> Iterator[tuple[Studio, Viewer]]:
    viewer = Viewer(studio)
    yield studio, viewer
    with contextlib.suppress(ProcessLookupError):
        viewer.close()


def until(met: Callable[[], Any], seconds: float = 180) -> Any:
    """Wait for ``met`` to be true; returns what it gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = met()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it never came")


def row(studio: Studio, query: str) -> tuple[Any, ...]:
    with sqlite3.connect(studio.space / "runs" / "studio.db", timeout=30) as connection:
        found: tuple[Any, ...] = connection.execute(query).fetchone() or ()
        return found


def test_a_film_is_started_directed_and_delivered_in_the_browser_alone(opened: tuple[Studio, Viewer]) -> None:
    studio, viewer = opened
    fields = {"prompt": "A keeper finds a whale", "engine": "flat", "scenes": "2", "seed": "0", "bible": ""}
    assert viewer.send("/start", "/start", **fields, name="film").headers["location"] == "/productions/film"
    taken = viewer.send("/start", "/start", **fields, name="film")
    assert taken.status_code == 400 and "is free" in taken.text
    until(lambda: row(studio, "SELECT status FROM production") == ("finished",))
    page, before = "/productions/film", viewer.client.get("/media/film/1").content
    rendered = len(studio.rendered())
    others = "SELECT id FROM take WHERE (scene, shot, number) NOT IN (SELECT scene, shot, number FROM circle)"
    assert viewer.send(page, f"{page}/circle", take=str(row(studio, others)[0])).status_code == 303
    until(lambda: row(studio, "SELECT done FROM request") == (1,) and len(_cuts(studio)) == 2)
    until(lambda: viewer.client.get("/media/film/1").content != before)
    assert len(studio.rendered()) == rendered, "nothing was rendered for it"
    until(lambda: "finished" in viewer.client.get("/").text)
    for to, begins in (("otio", b"{"), ("edl", b"TITLE"), ("fcp7xml", b"<"), ("srt", b""), ("vtt", b"WEBVTT"),
                       ("pdf", b"%PDF"), ("csv", b""), ("zip", b"PK")):  # fmt: skip
        answer = viewer.send(page, f"{page}/export", to=to)
        assert answer.status_code == 200, (to, answer.text)
        assert answer.content.startswith(begins) and "film." in answer.headers["content-disposition"]
    viewer.close()
    assert viewer.process.stderr is not None and viewer.process.stderr.read() == ""


def _cuts(studio: Studio) -> list[str]:
    return sorted(path.name for path in (studio.space / "runs/film/cuts").glob("cut-*.mp4"))


def test_closing_the_viewer_does_not_stop_a_production(opened: tuple[Studio, Viewer]) -> None:
    studio, viewer = opened
    fields = {"prompt": "A keeper finds a whale", "engine": "flat", "scenes": "1", "seed": "0", "bible": ""}
    viewer.send("/start", "/start", **fields, name="film", review="1")
    viewer.process.send_signal(signal.SIGINT)
    viewer.process.wait(timeout=30)
    until(lambda: row(studio, "SELECT status, gate FROM production") == ("waiting", "plan"))
    again = Viewer(studio)
    try:
        page = "/productions/film"
        assert again.send(f"{page}/bible", f"{page}/look", clothes="red coat").status_code == 303
        for gate in ("plan", "references", "scene 1"):
            until(lambda gate=gate: row(studio, "SELECT status, gate FROM production") == ("waiting", gate))
            until(lambda gate=gate: f"Your word on the {gate}" in again.client.get(page).text)
            assert again.send(page, f"{page}/verdict", word="approve").status_code == 303
        until(lambda: row(studio, "SELECT status FROM production") == ("finished",))
        briefs = row(studio, "SELECT count(*), sum(value LIKE '%\"red coat\"%') FROM memo WHERE kind = 'brief'")
        assert briefs[0] == briefs[1] >= 2, "the coat is red in every shot"
        assert len(set(studio.rendered())) == len(studio.rendered()), "approval repeats nothing"
    finally:
        again.close()


# Eight readers, one production, one writer of notes


def assert_nobody_is_locked_out(studio: Studio, viewer: Viewer, seconds: float) -> dict[str, int]:
    """Load the database from all sides for ``seconds``; whatever is refused, or slow to a standstill, is a failure."""
    end, faults, counts = time.monotonic() + seconds, [], {"read": 0, "noted": 0, "made": 1}
    pages = (
        "/",
        "/productions/film",
        "/productions/film/curves",
        "/productions/film/bible",
        "/productions/film/takes/1",
    )

    def repeat(what: str, act: Callable[[], httpx.Response], pause: float) -> None:
        while time.monotonic() < end and not faults:
            try:
                answer = act()
                if answer.status_code >= 400:
                    faults.append(f"{what}: {answer.status_code} {answer.text[-300:]}")
            except httpx.HTTPError as error:
                faults.append(f"{what}: {error!r}")
            counts[what] += 1
            time.sleep(pause)

    hands = [
        threading.Thread(target=repeat, args=("read", lambda n=n: viewer.client.get(pages[n % len(pages)]), 0.02))
        for n in range(8)
    ]
    note = ("/productions/film/takes/1", "/productions/film/note")
    hands.append(
        threading.Thread(
            target=repeat, args=("noted", lambda: viewer.send(*note, frame="3", note=f"Look {time.time()}"), 0.1)
        )
    )
    for hand in hands:
        hand.start()
    while time.monotonic() < end and not faults:
        done = studio("retake", "film", "1.1", "--note", "closer")
        counts["made"] += 1
        if done.returncode != 0 or "locked" in done.stderr:
            faults.append(done.stderr)
    for hand in hands:
        hand.join()
    assert not faults, faults
    assert row(studio, "PRAGMA integrity_check") == ("ok",)
    assert row(studio, "SELECT count(*) FROM request WHERE kind = 'note'") == (counts["noted"],)
    assert not (studio.space / "runs/film/log.jsonl").read_text().count("locked")
    return counts


@pytest.mark.slow
def test_readers_a_production_and_a_writer_share_the_database(opened: tuple[Studio, Viewer]) -> None:
    studio, viewer = opened
    studio.make("--name", "film", "--scenes", "1")
    counts = assert_nobody_is_locked_out(studio, viewer, 8)
    assert counts["read"] > 10 and counts["noted"] > 3, counts


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_readers_a_production_and_a_writer_share_the_database_for_ten_minutes(opened: tuple[Studio, Viewer]) -> None:
    studio, viewer = opened
    studio.make("--name", "film", "--scenes", "1")
    counts = assert_nobody_is_locked_out(studio, viewer, float(os.environ.get("STUDIO_LOAD_SECONDS", "600")))
    print(counts)
