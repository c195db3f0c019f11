"""What a running production is doing just now: read from its log, which a crew at work appends to."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.config import Workspace

MAX_LOG = 4 * 2**20
"""Bytes of a log that are read, from its end."""


Place = tuple[int, int]
"""Scene and shot."""


TAKES = ("take_rendered", "take_cached", "take_committed")


@dataclass(frozen=True)
class Event:
    """One line of the log; those that are not of a take have no place and take 1."""

    t: float
    name: str
    place: Place
    take: int
    accepted: bool


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


def progress(space: Workspace, name: str, clock: float | None = None, asked: Iterable[Place] = ()) -> Now:
    """What the production called ``name`` does at ``clock`` (now); retakes of the shots ``asked`` for are open."""
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
    rounds = limit if isinstance(limit, int) else 3
    return _shooting(events, planned, rounds, time.time() if clock is None else clock, set(asked))


def read_log(path: Path) -> list[Event]:
    """Whole lines at the end of a log; the line that is being written is left for the next time."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MAX_LOG))
            lines = file.read().splitlines()
    except OSError:
        return []
    return [event for line in lines if (event := _event(line)) is not None]


def _event(line: bytes) -> Event | None:
    try:
        said = json.loads(line)
        place = (int(said["scene"]), int(said["shot"])) if "shot" in said else (0, 0)
        return Event(
            float(said["t"]), str(said["event"]), place, int(said.get("take") or 1), bool(said.get("accepted"))
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # torn by a crash, or not ours


def _json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _planned(plan: dict[str, Any] | None) -> list[Place]:
    """(scene, shot) of the plan, in order; empty for a plan that another version wrote."""
    try:
        return [(scene["number"], shot["number"]) for scene in (plan or {})["scenes"] for shot in scene["shots"]]
    except (KeyError, TypeError):
        return []


def _shooting(events: list[Event], planned: list[Place], limit: int, clock: float, asked: set[Place]) -> Now:
    begun = max((n for n, event in enumerate(events) if event.name in ("started", "resumed")), default=0)
    session = events[begun:]
    commits = [event for event in events if event.name == "take_committed"]
    rounds = Counter(event.place for event in session if event.name == "take_committed")
    done = {event.place for event in commits if event.accepted or rounds[event.place] >= limit}
    # What an earlier session gave up on after its last take it has circled too, unless that session was cut off.
    done |= {place for place, count in Counter(event.place for event in commits).items() if count >= limit}
    done -= asked
    counted = {"done": len(done & set(planned)), "shots": len(planned)}
    if any(event.name == "cut" for event in session):
        return Now("writing the report", **counted)
    last = next((event for event in reversed(session) if event.name in TAKES), None)
    where, take, stage = _current(last, planned, done, {event.place: event.take for event in commits})
    if where is None and last is None:
        return Now("starting", **counted)  # a retake is to come, or only a new cut
    if where is None:
        return Now("cutting the film", **counted)
    return Now(stage, *where, take, **counted, left=_left(session, planned, done, clock))


def _current(
    last: Event | None, planned: list[Place], done: set[Place], numbers: dict[Place, int]
) -> tuple[Place | None, int, str]:
    """Place, take and stage after the last event of a take; the place is None when all is shot."""
    waiting = next((place for place in planned if place not in done), None)
    first = numbers.get(waiting, 0) + 1 if waiting else 1
    if last is None:
        return waiting, first, "shooting"
    if last.name != "take_committed":
        return last.place, last.take, "judging"
    return (waiting, first, "shooting") if last.place in done else (last.place, last.take + 1, "shooting")


def _left(session: list[Event], planned: list[Place], done: set[Place], clock: float) -> float | None:
    """Seconds to go: takes still to be expected at the pace of this session, less what has passed since the last."""
    commits = [event for event in session if event.name == "take_committed"]
    if not commits:
        return None
    pace = (commits[-1].t - session[0].t) / len(commits)
    shots = len({event.place for event in commits})
    expected = len(set(planned) - done) * len(commits) / shots
    return max(0.0, pace * expected - (clock - commits[-1].t))
