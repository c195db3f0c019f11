"""Run a production's graph: start, resume after any stop, or run again for what people asked."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from studio.crew import gates, requests
from studio.crew.production import Production
from studio.publish import CheckpointConnection


@contextmanager
def _checkpoints(production: Production) -> Iterator[Any]:
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    from langgraph.checkpoint.sqlite import SqliteSaver

    production.folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        production.folder / "checkpoints.db", check_same_thread=False, timeout=30, factory=CheckpointConnection
    )
    try:
        connection.execute("PRAGMA synchronous = FULL")
        yield SqliteSaver(connection)
    finally:
        connection.close()


def run(production: Production) -> str:
    """Run until the film is done and nobody asks for more; returns the gate that waits for a person, or ``""``.

    Every node may run again after a kill; a finished round whose circles all stand is not run twice.
    """
    gate = _run_round(production)
    while not gate and requests.pending(production):
        _next_round(production)
        gate = _run_round(production)
    return gate


def _run_round(production: Production) -> str:
    from langgraph.types import Command

    from graphs.film import build

    with _checkpoints(production) as saver:
        film = build(saver)
        config: Any = {"configurable": {"thread_id": _round(production)}, "recursion_limit": 10_000}
        snapshot = film.get_state(config)
        chain_end = production.memory.recall("chain-end", {"production": production.name})
        gate = _closed(interrupt for task in snapshot.tasks for interrupt in task.interrupts)
        if not snapshot.values and not snapshot.tasks:
            entry: Any = {"policy": chain_end} if chain_end else {"cut": 1}
        elif gate:
            if not (gates.passed(production, gate) or gates.sent_back(production, gate)):
                return gate
            entry = Command(resume=True)
        else:
            entry = None  # goes on where it was; a finished graph has no tasks and does nothing
        result = film.invoke(entry, config, context=production, durability="sync")
        return _closed((result or {}).get("__interrupt__", ()))


def _closed(interrupts: Iterable[Any]) -> str:
    """Name of the gate that an interrupt waits at."""
    return next((str(found.value["gate"]) for found in interrupts), "")


def _round(production: Production) -> str:
    """Each round of requests is a thread of its own: the graph runs again over what it knows."""
    rounds = production.memory.recall("rounds", {"production": production.name}) or 0
    return f"round-{rounds}"


def _next_round(production: Production) -> None:
    """Open a new round, so that what people asked of a finished film is acted on."""
    memory, name = production.memory, production.name
    row = memory.production(name)
    if row is not None:
        row.status, production.started = "running", monotonic()
        memory.save_production(row)
    memory.memoise("rounds", {"production": name}, (memory.recall("rounds", {"production": name}) or 0) + 1)
