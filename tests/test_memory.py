"""The memory: one row a fact, whoever writes it and how often."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from studio.memory.migrations import STEPS
from studio.memory.store import Memory
from studio.memory.tables import Request


def test_many_threads_memoise_the_same_decision_once(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "studio.db")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: memory.memoise("kind", {"n": n % 5}, {"value": n % 5}), range(80)))
    assert len(memory.memos("kind")) == 5
    assert memory.recall("kind", {"n": 3}) == {"value": 3}
    assert memory.integrity() == "ok"


def test_a_retake_asked_for_in_the_first_schema_is_still_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(STEPS[0] + "PRAGMA user_version = 1;")
        connection.execute(
            "INSERT INTO request (production, scene, shot, note, direction) VALUES ('film', 2, 1, 'closer', '{}')"
        )
    asked = Memory(path).requests("film", kind="retake")
    assert [(row.scene, row.shot, row.note, row.done, row.once) for row in asked] == [(2, 1, "closer", False, None)]


def test_a_form_that_comes_from_eight_hands_at_once_asks_once(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "studio.db")
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda _n: memory.ask(Request(production="film", once="form")), range(16)))
    assert {row.id for row in rows} == {1} and len(memory.requests("film")) == 1
    memory.settle(1, "take 2")
    memory.settle(1, "another")
    assert [(row.done, row.outcome) for row in memory.requests("film", done=None)] == [(True, "take 2")]
