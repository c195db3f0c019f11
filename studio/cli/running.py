"""Run an opened production to its end and say how it went; shared by make, resume and retake."""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import TYPE_CHECKING, Any

from studio.errors import StudioError

if TYPE_CHECKING:
    from studio.crew.production import Production


def finish(production: Production, as_json: bool, event: str, approve: bool = False) -> None:
    """Run the graph; any failure leaves a resumable production, with status ``stopped``."""
    from graphs.run import run

    name = production.name
    with production.alone():
        production.log(event, name=name)
        try:
            outcome = run(production, approve=approve)
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
    if outcome == "waiting":
        _status(production, "waiting")
        print(f"{name} waits for your word: look at it, then `studio resume {name}`", file=sys.stderr)
        if as_json:
            print(json.dumps({"name": name, "status": "waiting"}))
        raise SystemExit(1)
    tell(production, as_json)


def _status(production: Production, status: str) -> None:
    from time import monotonic

    row = production.memory.production(production.name)
    if row is not None:
        row.status = status
        row.wall_seconds += monotonic() - production.started
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
