"""Idle workers run errands beside the production; what goes wrong there is heard where it was asked for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from studio.config import Settings, Workspace
from studio.errors import BadInput, EngineFailed
from studio.stage.workers import Stage
from studio.tool import build


def who() -> int:
    return os.getpid()


def refused() -> None:
    raise BadInput("833x481 is odd")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def stage(space: Workspace) -> Iterator[Stage]:
    with Stage("previz", build("engines", "previz", Settings(), space), workers=1) as made:
        yield made


def test_where_no_worker_was_hired_none_is_for_an_errand(stage: Stage) -> None:
    assert stage.lend(who).result() == os.getpid()
    assert not stage.processes()


def test_a_worker_runs_errands_one_after_the_other(stage: Stage) -> None:
    stage.open()
    assert [job.result() for job in [stage.lend(who), stage.lend(who)]] == stage.processes() * 2


def test_what_an_errand_raises_is_raised_where_it_was_asked_for(stage: Stage) -> None:
    stage.open()
    with pytest.raises(BadInput, match="833x481 is odd"):
        stage.lend(refused).result()
    assert stage.lend(who).result() in stage.processes()


def test_a_worker_that_dies_on_an_errand_is_named_and_replaced(stage: Stage) -> None:
    stage.open()
    first = stage.processes()
    with pytest.raises(EngineFailed, match="the worker died with exit code -9"):
        stage.lend(killed).result()
    assert [stage.lend(who).result()] == stage.processes() != first
