"""Run an opened production to its end and say how it went; shared by all commands that make or ask for something."""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import TYPE_CHECKING, Any

from studio.errors import Held, StudioError

if TYPE_CHECKING:
    from studio.crew.production import Production
    from studio.memory.tables import Request


def finish(production: Production, as_json: bool, event: str) -> None:
    """Run the graph; any failure leaves a resumable production, with status ``stopped``."""
    from studio.crew import gates

    gate = _run(production, event)
    while gates.due(production):  # asked while the lock was being let go: whoever asked saw it held, and left it to us
        try:
            gate = _run(production, "resumed")
        except Held:
            break
    if gate:
        name = production.name
        print(f"{name} waits for your word on the {gate}: `studio resume {name}` approves it", file=sys.stderr)
        if as_json:
            print(json.dumps({"name": name, "status": "waiting", "gate": gate}))
        raise SystemExit(1)
    tell(production, as_json)


def _run(production: Production, event: str) -> str:
    """Hold the lock and run; returns the gate that waits for a person, or an empty string."""
    from graphs.run import run

    name = production.name
    with production.alone():
        production.log(event, name=name)
        try:
            _begin(production)
            gate = run(production)
            if gate:
                _status(production, "waiting", gate)
            return gate
        except KeyboardInterrupt:
            _stopped(production, "interrupted")
            raise
        except (StudioError, OSError, RuntimeError, ValueError, sqlite3.Error) as error:
            _stopped(production, str(error) or type(error).__name__)
            if isinstance(error, StudioError):
                hint = "" if f"resume {name}" in str(error) else f"; `studio resume {name}` goes on"
                raise StudioError(f"{error}{hint}") from error
            raise StudioError(
                f"{name} stopped: {type(error).__name__}: {error}; `studio resume {name}` goes on"
            ) from error
        finally:
            production.close()


def carry_out(production: Production, request: Request, as_json: bool) -> None:
    """Have a request acted on: by the process that makes the production now, after a gate, or here and at once."""
    from studio.crew import gates

    gate, maker = gates.waiting_at(production), production.maker()
    if not gate and not maker:
        finish(production, as_json, "resumed")
        return
    name = production.name
    when = f"after your word on the {gate}: `studio resume {name}`" if gate else f"by process {maker}, at its next step"
    print(f"noted; acted on {when}", file=sys.stderr)
    if as_json:
        print(json.dumps({"name": name, "status": "waiting" if gate else "running", "request": request.id}))


def _begin(production: Production) -> None:
    """It runs: whoever looks must not read ``stopped`` or ``waiting`` any more."""
    row = production.memory.production(production.name)
    if row is not None and row.status in ("stopped", "waiting"):
        row.status, row.gate = "running", ""
        production.memory.save_production(row)


def _status(production: Production, status: str, gate: str = "") -> None:
    from time import monotonic

    row = production.memory.production(production.name)
    if row is not None:
        row.status, row.gate = status, gate
        row.wall_seconds += monotonic() - production.started
        production.started = monotonic()
        production.memory.save_production(row)


def _stopped(production: Production, why: str) -> None:
    try:
        production.log("stopped", error=why)
        _status(production, "stopped")
    except (OSError, StudioError) as error:
        print(f"studio: could not record the stop ({error})", file=sys.stderr)


def tell(production: Production, as_json: bool) -> None:
    """The film's path and its figures."""
    report: dict[str, Any] = json.loads((production.folder / "report.json").read_text(encoding="utf-8"))
    film = production.folder / "film.mp4"
    if as_json:
        print(json.dumps({"name": production.name, "status": "finished", "film": str(film), "report": report}))
        return
    facts, totals = report["production"], report["totals"]
    print(
        f"{film}\n  {facts['film_seconds']:.1f} s of film in {facts['wall_seconds']:.0f} s: "
        f"{len(report['scenes'])} scenes, "
        f"{totals['takes']} takes ({totals['cached']} from the cache), {report['retakes']} retakes",
        file=sys.stderr,
    )
    print(f"  contact sheet: {production.folder / 'contact_sheet.png'}", file=sys.stderr)
    for text in report["fallbacks"]:
        print(f"  fallback: {text}", file=sys.stderr)
