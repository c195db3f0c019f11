"""The memory: one row a fact, whoever writes it and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from studio.memory.store import Memory


def test_many_threads_memoise_the_same_decision_once(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "studio.db")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: memory.memoise("kind", {"n": n % 5}, {"value": n % 5}), range(80)))
    assert len(memory.memos("kind")) == 5
    assert memory.recall("kind", {"n": 3}) == {"value": 3}
    assert memory.integrity() == "ok"
