"""The second unit does jobs in order, beside everything else; what goes wrong there is heard where it was asked."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.errors import BadInput, EngineFailed, Stopped
from studio.stage.second_unit import SecondUnit


def who() -> int:
    return os.getpid()


def noted(path: Path, word: str) -> str:
    path.write_text(path.read_text() + word if path.exists() else word)
    return path.read_text()


def refused() -> None:
    raise BadInput("833x481 is odd")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def unit() -> Iterator[SecondUnit]:
    made = SecondUnit()
    yield made
    made.close()


def test_jobs_are_done_in_order_by_one_other_process(unit: SecondUnit, tmp_path: Path) -> None:
    first, second = unit.ask(who), unit.ask(who)
    told = [unit.ask(noted, tmp_path / "notes", word) for word in "abc"]
    assert first.result() == second.result() != os.getpid()
    assert [each.result() for each in told] == ["a", "ab", "abc"]


def test_what_a_job_raises_is_raised_where_it_was_asked_and_the_next_is_done(unit: SecondUnit) -> None:
    with pytest.raises(BadInput, match="833x481 is odd"):
        unit.ask(refused).result()
    assert unit.ask(who).result() > 0


def test_a_unit_that_dies_is_named_and_another_one_hired(unit: SecondUnit) -> None:
    first = unit.ask(who).result()
    with pytest.raises(EngineFailed, match="the second unit died with exit code -9"):
        unit.ask(killed).result()
    assert unit.ask(who).result() != first


def test_closing_gives_up_what_it_is_at_and_what_waits(unit: SecondUnit) -> None:
    unit.ask(who).result()
    begun, waiting = unit.ask(time.sleep, 60), unit.ask(who)
    time.sleep(0.1)
    started = time.monotonic()
    unit.close()
    assert time.monotonic() - started < 10
    with pytest.raises(Stopped, match="studio resume"):
        begun.result()
    assert waiting.cancelled()
    with pytest.raises(Stopped):
        unit.ask(who)
