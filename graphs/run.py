"""Run a production's graph: start, resume after any stop, or run again for what people asked."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from studio.crew.production import Production
from studio.publish import CheckpointConnection

Outcome = Literal["finished", "waiting"]


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


def run(production: Production, approve: bool = False) -> Outcome:
    """Run until the film is done or a gate waits for a person (``approve`` opens the gate that waits).

    Every node may run again after a kill; a finished round whose circles all stand is not run twice.
    """
    from langgraph.types import Command

    from graphs.film import build

    with _checkpoints(production) as saver:
        film = build(saver)
        config: Any = {"configurable": {"thread_id": _round(production)}, "recursion_limit": 10_000}
        snapshot = film.get_state(config)
        chain_end = production.memory.recall("chain-end", {"production": production.name})
        if not snapshot.values and not snapshot.tasks:
            entry: Any = {"policy": chain_end} if chain_end else {"cut": 1}
        elif snapshot.tasks and any(task.interrupts for task in snapshot.tasks):
            if not approve:
                return "waiting"
            entry = Command(resume=True)
        else:
            entry = None  # goes on where it was; a finished graph has no tasks and does nothing
        result = film.invoke(entry, config, context=production, durability="sync")
        return "waiting" if result and result.get("__interrupt__") else "finished"


def _round(production: Production) -> str:
    """Each round of requests is a thread of its own: the graph runs again over what it knows."""
    rounds = production.memory.recall("rounds", {"production": production.name}) or 0
    return f"round-{rounds}"


def next_round(production: Production) -> None:
    """Open a new round, so that new requests are acted on; a round that is still under way goes on first."""
    rounds = production.memory.recall("rounds", {"production": production.name}) or 0
    production.memory.memoise("rounds", {"production": production.name}, rounds + 1)
