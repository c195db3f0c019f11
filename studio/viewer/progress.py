"""What a running production is doing just now: read from its log, which a crew at work appends to."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.config import Workspace

MAX_LOG = 4 * 2**20
"""Bytes of a log that are read, from its end."""


@dataclass(frozen=True)
class Now:
    """The stage that a production is in; ``scene``, ``shot`` and ``take`` are None outside of shooting."""

    stage: str
    scene: int | None = None
    shot: int | None = None
    take: int | None = None
    done: int = 0
    shots: int = 0
    """Shots that have their circle take, of all that are planned."""
    left: float | None = None
    """Seconds to go, at the pace so far; None before the first take."""

    @property
    def slate(self) -> str:
        """``2.1 take 3``; empty outside of shooting."""
        return f"{self.scene}.{self.shot} take {self.take}" if self.scene is not None else ""

    @property
    def wait(self) -> str:
        """The time left as people say it, coarse enough not to flicker."""
        if self.left is None:
            return ""
        if self.left < 100:
            return f"about {max(10, round(self.left / 10) * 10)} s left"
        return f"about {round(self.left / 60)} min left"


def progress(space: Workspace, name: str, clock: float | None = None) -> Now:
    """What the production called ``name`` does at ``clock`` (now)."""
    folder = space.runs / name
    events = read_log(folder / "log.jsonl")
    plan = _json(folder / "creative_document.json")
    planned = _planned(plan)
    if not planned:
        return Now("writing the plan")
    if not (space.bibles / name / "bible.json").is_file():
        return Now("drawing the references", shots=len(planned))
    rl = ((_json(folder / "slate.json") or {}).get("settings") or {}).get("rl") or {}
    limit = rl.get("takes_per_shot")
    return _shooting(events, planned, limit if isinstance(limit, int) else 3, time.time() if clock is None else clock)


def read_log(path: Path) -> list[dict[str, Any]]:
    """Whole lines at the end of a log; the line that is being written is left for the next time."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MAX_LOG))
            lines = file.read().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("t"), int | float):
            found.append(entry)
    return found


def _json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _planned(plan: dict[str, Any] | None) -> list[tuple[int, int]]:
    """(scene, shot) of the plan, in order; empty for a plan that another version wrote."""
    try:
        return [(scene["number"], shot["number"]) for scene in (plan or {})["scenes"] for shot in scene["shots"]]
    except (KeyError, TypeError):
        return []


def _shooting(events: list[dict[str, Any]], planned: list[tuple[int, int]], limit: int, clock: float) -> Now:
    begun = max((n for n, e in enumerate(events) if e.get("event") in ("started", "resumed")), default=0)
    session, last, cut = events[begun:], None, False
    rounds: Counter[tuple[int, int]] = Counter()
    done: set[tuple[int, int]] = set()
    for n, entry in enumerate(events):
        event, place = entry.get("event"), (entry.get("scene"), entry.get("shot"))
        if n == begun:
            rounds.clear()
        if event in ("take_rendered", "take_cached", "take_committed"):
            last = entry if n >= begun else last
        if event == "take_committed":
            rounds[place] += 1  # type: ignore[index]
            if entry.get("accepted") or rounds[place] >= limit:  # type: ignore[index]
                done.add(place)  # type: ignore[arg-type]
        cut = n >= begun and (event == "cut" or cut)
    counted = {"done": len(done & set(planned)), "shots": len(planned)}
    if cut:
        return Now("writing the report", **counted)
    where, take, stage = _current(last, planned, done)
    if where is None:
        return Now("cutting the film", **counted)
    return Now(stage, *where, take, **counted, left=_left(session, planned, done, clock))


def _current(
    last: dict[str, Any] | None, planned: list[tuple[int, int]], done: set[tuple[int, int]]
) -> tuple[tuple[int, int] | None, int, str]:
    """Place, take and stage after the last event of a take; the place is None when all is shot."""
    waiting = next((place for place in planned if place not in done), None)
    if last is None:
        return waiting, 1, "shooting"
    place, number = (last["scene"], last["shot"]), int(last.get("take") or 1)
    if last["event"] != "take_committed":
        return place, number, "judging"
    return (waiting, 1, "shooting") if place in done else (place, number + 1, "shooting")


def _left(
    session: list[dict[str, Any]], planned: list[tuple[int, int]], done: set[tuple[int, int]], clock: float
) -> float | None:
    """Seconds to go: takes still to be expected at the pace of this session, less what has passed since the last."""
    commits = [entry for entry in session if entry.get("event") == "take_committed"]
    if not commits:
        return None
    pace = (commits[-1]["t"] - session[0]["t"]) / len(commits)
    shots = max(1, len({(e.get("scene"), e.get("shot")) for e in commits}))
    expected = len(set(planned) - done) * len(commits) / shots
    return float(max(0.0, pace * expected - (clock - commits[-1]["t"])))
