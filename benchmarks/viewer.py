"""The viewer's answers: the shelf of 500 productions of 40 takes, and one production of 12 scenes x 4 shots x 3 takes.

    python benchmarks/viewer.py                about half a minute
    python benchmarks/viewer.py --productions 50 --takes 10
    python benchmarks/viewer.py --mlflow       with MLflow's UI server beside it: five minutes

`studio view` runs as its own process, as a user starts it; each page is fetched over one connection. Beside each page
stands the same request for a file of a few bytes, which is what any answer of this server costs. Memory is that of the
server's process, at rest and while it sends a film of 1 GiB to 200 clients that hardly read.
"""

from __future__ import annotations

import argparse
import http.client
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from sqlmodel import Session, create_engine
from viewer_mlflow import reference

from studio.memory.store import Memory
from studio.memory.tables import Circle, Cut, Memo, Production, Take
from studio.story.brief import digest

TERMS = ("visual_quality", "character_consistency", "location_consistency", "narrative_coherence")
BRIEF = {
    "engine": "previz", "engine_version": "previz-3", "frames": 96, "fps": 24.0, "width": 832, "height": 480,
    "action": "The keeper walks.", "characters": [{"id": "keeper", "name": "the keeper"}], "weather": "fog",
    "location": {"id": "shore", "name": "the shore"}, "time_of_day": "noon", "genre": "drama",
    "references": {f"characters/keeper/{view}": "cd" * 32 for view in ("front", "three_quarter", "full_body")},
}  # fmt: skip


def plan(title: str, scenes: int, shots: int) -> dict[str, Any]:
    """A creative document of this many scenes."""
    keeper = {"id": "keeper", "name": "the keeper", "kind": "person", "description": "A keeper."}
    shore = {"id": "shore", "name": "the shore", "kind": "coast", "description": "A shore."}
    planned = [{"number": n, "action": "The keeper walks.", "characters": ["keeper"]} for n in range(1, shots + 1)]
    return {
        "title": title, "logline": "A keeper finds a whale.", "characters": [keeper], "locations": [shore],
        "scenes": [
            {"number": n, "title": "Morning", "summary": "They meet.", "location": "shore", "shots": planned}
            for n in range(1, scenes + 1)
        ],
    }  # fmt: skip


def add(session: Session, name: str, scenes: int, shots: int, takes: int) -> None:
    """Rows of one finished production, as `studio make` leaves them."""

    def memo(kind: str, inputs: dict[str, str], value: Any) -> None:
        session.add(Memo(key=digest([kind, inputs]), kind=kind, inputs=inputs, value=value))

    session.add(Production(name=name, status="finished", prompt="A keeper finds a whale", slate={"seed": 1}))
    session.add(Cut(production=name, number=1, file="film.mp4", sha256="", frames=2400, method="smart"))
    memo("plan", {"production": name}, plan(f"The Keeper of {name}", scenes, shots))
    places = [(a, b, c) for a in range(1, scenes + 1) for b in range(1, shots + 1) for c in range(1, takes + 1)]
    for scene, shot, number in places:
        key, total = digest([name, scene, shot, number]), (scene * shot * number % 10) / 10
        data = {
            "prompt": "Wide shot, eye level, pan left. The keeper walks along the shore in the fog. " * 3, "cut": 1,
            "direction": {"shot_size": "wide", "angle": "eye", "camera_move": "pan-left", "lighting": "natural"},
            "reward": {"total": total, "terms": dict.fromkeys(TERMS, total), "weights": dict.fromkeys(TERMS, 0.25)},
            "critic": {"passed": True, "notes": ["exposure: frame 12 is too dark"], "checks": {}}, "seed": 1,
            "policy_update": {"kl": 0.05, "entropy": 1.1, "clip_fraction": 0.2, "explained_variance": -0.5},
        }  # fmt: skip
        place = {"production": name, "scene": scene, "shot": shot, "number": number}
        file = f"scenes/{scene:02d}/shot-{shot:02d}/take-{number}.mp4"
        session.add(Take(**place, key=key, sha256=key, file=file, data=data, accepted=total > 0.75, reward=total))
        memo("brief", {"key": key}, BRIEF)
        if number == takes:
            session.add(Circle(**place, brief_key=key))


class Server:
    """`studio view` in a workspace, and a visitor who is in."""

    def __init__(self, space: Path) -> None:
        command = [sys.executable, "-m", "studio", "--workspace", str(space), "view", "--no-browser"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = re.fullmatch(r"http://([\d.]+):(\d+)(/.*)", self.process.stdout.readline().strip())
        assert found is not None
        self.host, self.port = found[1], int(found[2])
        self.connection = http.client.HTTPConnection(self.host, self.port)
        self.headers: dict[str, str] = {}
        self.headers["Cookie"] = (self.get(found[3]).getheader("set-cookie") or "").split(";")[0]

    def get(self, path: str) -> http.client.HTTPResponse:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer

    def milliseconds(self, path: str, times: int) -> float:
        """Median time of whole answers."""
        spent = []
        for _ in range(times):
            start = time.perf_counter()
            assert self.get(path).status == 200
            spent.append(time.perf_counter() - start)
        return statistics.median(spent) * 1000

    def milliseconds_watched(self, path: str, times: int, clients: int, database: Path) -> float:
        """The same while as many live pages look on, and something is written before each answer."""
        watching = []
        for _ in range(clients):
            watching.append(http.client.HTTPConnection(self.host, self.port))
            watching[-1].request("GET", "/live", headers=self.headers)
            watching[-1].getresponse().read(1)
        memory, spent = Memory(database), []
        for n in range(times):
            memory.remark("large", "warning", f"the lamp flickers {n}")
            spent.append(self.milliseconds(path, 1))
            time.sleep(0.3)
        for client in watching:
            client.close()
        return statistics.median(spent)

    def memory(self) -> float:
        """MiB now."""
        return float(psutil.Process(self.process.pid).memory_info().rss / 2**20)

    def memory_while_streaming(self, path: str, clients: int) -> float:
        """MiB while ``clients`` have asked for a film and read a little of it."""
        ask = f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nCookie: {self.headers['Cookie']}\r\n\r\n"
        open_ = [socket.create_connection((self.host, self.port)) for _ in range(clients)]
        for client in open_:
            client.sendall(ask.encode())
        for client in open_:
            client.recv(1000)
        time.sleep(1)
        used = self.memory()
        for client in open_:
            client.close()
        return used


def queries(space: Path, path: str) -> int:
    """Database queries of one page."""
    from sqlalchemy import Engine, event
    from starlette.testclient import TestClient

    from studio.config import Workspace
    from studio.viewer.app import build
    from studio.viewer.guard import Access

    access = Access(port=8420)
    client = TestClient(build(Workspace(space), access), base_url="http://127.0.0.1:8420")
    client.get(access.address().removeprefix("http://127.0.0.1:8420"))
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(seen)


PAGES = {
    "the shelf": "/", "one production": "/productions/large", "its curves": "/productions/large/curves",
    "two compared": "/compare?a=film-000&b=large", "its bible": "/productions/large/bible",
    "a small file": "/static/icon.svg",
}  # fmt: skip


def fill(space: Path, productions: int, takes: int) -> Path:
    """A studio after some years; returns its database."""
    path = space / "runs" / "studio.db"
    Memory(path)
    with Session(create_engine(f"sqlite:///{path}")) as session:
        for n in range(productions):
            add(session, f"film-{n:03d}", 1, max(1, takes // 2), 2)
        add(session, "large", 12, 4, 3)
        session.commit()
    for name in ("film-000", "large"):
        (path.parent / name).mkdir()
    with open(path.parent / "film-000" / "film.mp4", "wb") as film:
        film.truncate(2**30)
    return path


def measure(space: Path, database: Path, times: int) -> list[tuple[str, str, str]]:
    """Rows of the table: what was asked, how long it took, how many queries it needed."""
    server, rows = Server(space), []
    try:
        for label, page in PAGES.items():
            asked = "–" if page.startswith("/static") else str(queries(space, page))
            rows.append((label, f"{server.milliseconds(page, times):.1f}", asked))
        watched = server.milliseconds_watched("/", times, 20, database)
        rows.append(("the shelf, 20 live pages open, rows being written", f"{watched:.1f}", "–"))
        rest, busy = server.memory(), server.memory_while_streaming("/media/film/1", 200)
        rows.append(("memory at rest, MiB", f"{rest:.0f}", ""))
        rows.append(("memory with 200 streams, MiB", f"{busy:.0f}", ""))
    finally:
        server.process.terminate()
        server.process.wait()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--productions", type=int, default=500)
    parser.add_argument("--takes", type=int, default=40)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--mlflow", nargs="?", const="", metavar="PYTHON", help="install it, or use this interpreter's")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        space = Path(folder)
        rows = measure(space, fill(space, given.productions, given.takes), given.times)
        if given.mlflow is not None:
            python = Path(given.mlflow) if given.mlflow else None
            found = reference(space, given.productions, given.takes, given.times, python)
            rows += [(label, f"{spent:.1f}", "–") for label, spent in found.items()]
        table = Table("page", "median ms", "queries", title=f"{given.productions} productions of {given.takes} takes")
        for row in rows:
            table.add_row(*row)
        Console().print(table)


if __name__ == "__main__":
    main()
