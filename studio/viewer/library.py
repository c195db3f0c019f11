"""The viewer's window on the consistency memory: plain selects over a database opened read-only."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import create_engine, func, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, SQLModel, col, select

from studio.config import Workspace
from studio.crew.conforming import film_rate
from studio.errors import StudioError
from studio.memory.migrations import STEPS
from studio.memory.tables import Circle, Cut, Fact, Memo, Production, Reference, Remark, Request, Take
from studio.story.brief import digest

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class Listed:
    """One production as the first page knows it; ``poster`` is the id of the take that stands for the film."""

    id: int
    name: str
    status: str
    prompt: str
    created_at: str
    title: str = ""
    takes: int = 0
    reward: float | None = None
    seconds: float | None = None
    poster: int | None = None


@dataclass(frozen=True)
class Record:
    """All rows of one production, read at once."""

    production: Production
    takes: list[Take] = field(default_factory=list)
    circles: dict[tuple[int, int], int] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)
    briefs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Key of a take -> the brief that it was rendered from."""


class Library:
    """Queries for pages. Each opens its own connection, so a database that comes, goes or grows does no harm."""

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self.path = space.runs / "studio.db"
        self.engine = create_engine("sqlite://", creator=self._connect, poolclass=NullPool)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, timeout=10, check_same_thread=False)

    @contextmanager
    def _reading(self) -> Iterator[Session | None]:
        """A session, or None where nothing was ever made. Raises StudioError for a database that cannot be read."""
        if not self.path.is_file():
            yield None
            return
        try:
            with Session(self.engine) as session:
                version = int(session.connection().execute(text("PRAGMA user_version")).scalar_one())
                if version not in (0, len(STEPS)):
                    raise StudioError(
                        f"studio.db has schema {version}, this version of Studio reads {len(STEPS)}; "
                        "use the version that wrote it, or run any `studio` command of this one to bring it up to date"
                    )
                yield session if version else None
        except DatabaseError as error:
            raise StudioError(f"studio.db cannot be read: {error.orig}") from error
        except json.JSONDecodeError as error:
            raise StudioError(f"studio.db holds a value that is not JSON: {error}") from error

    def outdated(self) -> bool:
        """Whether an earlier version of Studio wrote the database; one that cannot be read is for the pages to tell."""
        try:
            with closing(self._connect()) as connection:
                version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.Error:
            return False
        return 0 < version < len(STEPS)

    def row(self, table: type[Row], id: int) -> Row | None:
        """One row by its id."""
        with self._reading() as session:
            return session.get(table, id) if session and 0 < id < 2**63 else None

    def names(self) -> list[str]:
        """Names of all productions, oldest first."""
        with self._reading() as session:
            return list(session.exec(select(Production.name).order_by(col(Production.id))).all()) if session else []

    def listing(self) -> list[Listed]:
        """All productions, oldest first, in seven queries whatever their number."""
        with self._reading() as session:
            return _listing(session) if session else []

    def record(self, name: str) -> Record | None:
        """Everything about one production, or None."""
        with self._reading() as session:
            row = session.exec(select(Production).filter_by(name=name)).first() if session else None
            return _record(session, row) if session and row else None


def _memo_key(kind: str, inputs: dict[str, str]) -> str:
    return digest([kind, inputs])


def _columns(session: Session, *columns: Any, where: Any = None, by: Any = None) -> list[Any]:
    """Rows of some columns alone, grouped by ``by``: the JSON of five hundred productions stays where it is."""
    query = sqlalchemy.select(*columns)
    query = query if where is None else query.where(where)
    return list(session.connection().execute(query if by is None else query.group_by(by)).all())


def _listing(session: Session) -> list[Listed]:
    wanted = func.json_extract(Production.slate, "$.settings.production.fps")
    rows = _columns(
        session, Production.id, Production.name, Production.status, Production.prompt, Production.created_at, wanted
    )
    counts = _columns(session, Take.production, func.count(), func.min(Take.id), by=Take.production)
    counted = {name: (count, first) for name, count, first in counts}
    rewards, posters = _circled(session)
    lengths = _columns(session, Cut.production, Cut.frames, func.max(Cut.number), by=Cut.production)
    frames = {name: length for name, length, _newest in lengths}
    titles, rates = _titles_and_rates(session, [row[1] for row in rows], [first for _count, first in counted.values()])
    found = []
    for id, name, status, prompt, created_at, fps in sorted(rows, key=lambda row: row[:2]):
        count, first = counted.get(name, (0, None))
        rate = film_rate({"fps": fps or "native"}, {"fps": rates[name]}) if rates.get(name) else None
        found.append(
            Listed(
                id=id, name=name, status=status, prompt=prompt, created_at=created_at, title=titles.get(name, ""),
                takes=count, reward=rewards.get(name), poster=posters.get(name, first),
                seconds=frames[name] / rate if name in frames and rate else None,
            )
        )  # fmt: skip
    return found


def _circled(session: Session) -> tuple[dict[str, float], dict[str, int]]:
    """Production -> mean reward of its circle takes, and the id of the best of them."""
    same = [getattr(Circle, name) == getattr(Take, name) for name in ("production", "scene", "shot", "number")]
    # With one max() SQLite takes the other columns from the row that has it: Take.id is the best take's.
    best = (func.max(Take.reward), Take.id)
    rows = _columns(
        session, Take.production, func.sum(Take.reward), func.count(col(Take.reward)), *best,
        where=sqlalchemy.and_(*same), by=Take.production,
    )  # fmt: skip
    return {row[0]: row[1] / row[2] for row in rows if row[2]}, {row[0]: row[4] for row in rows}


def _titles_and_rates(session: Session, names: list[str], firsts: list[int]) -> tuple[dict[str, str], dict[str, float]]:
    """Production -> the film's title, and frames a second of its first take."""
    plans = {_memo_key("plan", {"production": name}): name for name in names}
    clips = _columns(session, Take.production, Take.key, where=col(Take.id).in_(firsts))
    briefs = {name: _memo_key("brief", {"key": key}) for name, key in clips}
    title, rate = (func.json_extract(Memo.value, f"$.{field}") for field in ("title", "fps"))
    found = _columns(session, Memo.key, title, rate, where=col(Memo.key).in_([*plans, *set(briefs.values())]))
    told = {row[0]: row for row in found}
    titles = {name: str(told[key][1] or "") for key, name in plans.items() if key in told}
    rates = {name: float(told[key][2] or 0) for name, key in briefs.items() if key in told}
    return titles, rates


def _record(session: Session, row: Production) -> Record:
    def all_of(table: type[Row], *order: Any, **where: Any) -> list[Row]:
        return list(session.exec(select(table).filter_by(**(where or {"production": row.name})).order_by(*order)).all())

    takes = all_of(Take, Take.scene, Take.shot, Take.number)
    briefs = {_memo_key("brief", {"key": take.key}): take.key for take in takes}
    plan = _memo_key("plan", {"production": row.name})
    values = _memos(session, [plan, *briefs])
    return Record(
        production=row,
        takes=takes,
        circles={(c.scene, c.shot): c.number for c in all_of(Circle)},
        facts=all_of(Fact, Fact.scene, Fact.position),
        cuts=all_of(Cut, Cut.number),
        remarks=all_of(Remark, Remark.id),
        requests=all_of(Request, Request.id),
        references=all_of(Reference, Reference.id, bible=row.name),
        plan=values.get(plan, {}),
        briefs={key: values[memo] for memo, key in briefs.items() if memo in values},
    )


def _memos(session: Session, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    rows = _columns(session, Memo.key, Memo.value, where=col(Memo.key).in_(list(keys)))
    return {key: value for key, value in rows if isinstance(value, dict)}
