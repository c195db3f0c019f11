"""The consistency memory: everything that a production must not forget, in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import delete, event, func
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlmodel import Session, SQLModel, create_engine, select

from studio.errors import DiskFull, StudioError
from studio.memory.migrations import migrate
from studio.memory.tables import Circle, Cut, Fact, Memo, Production, Reference, Remark, Request, Take
from studio.publish import crash_point
from studio.story.brief import digest

Row = TypeVar("Row", bound=SQLModel)


class Memory:
    """Queries over ``runs/studio.db``. Every write is one transaction and safe to repeat."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._writing = threading.RLock()
        with sqlite3.connect(path, timeout=30, isolation_level=None) as connection:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                migrate(connection)
            except sqlite3.DatabaseError as error:
                raise StudioError(
                    f"{path} is not a usable database ({error}); move it away to start a new one"
                ) from None
        connection.close()
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

        @event.listens_for(self._engine, "connect")
        def _durable(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session:
            try:
                yield session
            except DatabaseError as error:
                raise self._named(error) from error

    def _named(self, error: DatabaseError) -> StudioError:
        """The database's complaint in one line, with what to do about it."""
        if "full" in str(error.orig):
            return DiskFull(f"the disk is full: could not write {self.path}; free some space and resume")
        return StudioError(f"{self.path}: {error.orig}")

    def _rows(self, table: type[Row], *order: Any, **where: Any) -> list[Row]:
        with self._session() as session:
            return list(session.exec(select(table).filter_by(**where).order_by(*order)).all())

    def _put(self, row: Row, **identity: Any) -> Row:
        """Insert ``row``, or bring the row with the same identity up to date; one transaction."""
        with self._writing:
            try:
                return self._upsert(row, identity)
            except IntegrityError:  # another process inserted the same row in between
                return self._upsert(row, identity)
            except DatabaseError as error:
                raise self._named(error) from error

    def _upsert(self, row: Row, identity: dict[str, Any]) -> Row:
        with Session(self._engine, expire_on_commit=False) as session:
            old = session.exec(select(type(row)).filter_by(**identity)).first()
            if old is not None:
                for name, value in row.model_dump(exclude={"id"}).items():
                    setattr(old, name, value)
            kept = row if old is None else old
            session.add(kept)
            crash_point(f"before-commit-{type(row).__name__.lower()}")
            session.commit()
            crash_point(f"after-commit-{type(row).__name__.lower()}")
            return kept

    # Productions

    def productions(self) -> list[Production]:
        """All productions, oldest first."""
        return self._rows(Production, Production.id)

    def production(self, name: str) -> Production | None:
        return next(iter(self._rows(Production, name=name)), None)

    def save_production(self, row: Production) -> Production:
        return self._put(row, name=row.name)

    def forget(self, name: str) -> None:
        """Remove every row of a production; decisions stay where they belong to their inputs and not to its name."""
        with self._session() as session:
            session.exec(delete(Memo).where(func.json_extract(Memo.inputs, "$.production") == name))
            for table in (Take, Circle, Fact, Cut, Request, Remark):
                for row in session.exec(select(table).filter_by(production=name)).all():
                    session.delete(row)
            for production in session.exec(select(Production).filter_by(name=name)).all():
                session.delete(production)
            crash_point("before-commit-forget")
            session.commit()
            crash_point("after-commit-forget")

    # Takes

    def takes(self, production: str, scene: int | None = None, shot: int | None = None) -> list[Take]:
        """Takes in order of scene, shot and number."""
        where = {k: v for k, v in (("scene", scene), ("shot", shot)) if v is not None}
        return self._rows(Take, Take.scene, Take.shot, Take.number, production=production, **where)

    def takes_by_key(self, key: str) -> list[Take]:
        """Takes of all productions that are this very clip."""
        return self._rows(Take, key=key)

    def commit_take(self, row: Take) -> Take:
        """Score and policy update of a take in one transaction; the same take again changes nothing."""
        return self._put(row, production=row.production, scene=row.scene, shot=row.shot, number=row.number)

    def circles(self, production: str) -> dict[tuple[int, int], Circle]:
        """(scene, shot) -> its circle."""
        return {(c.scene, c.shot): c for c in self._rows(Circle, production=production)}

    def circle(self, row: Circle) -> Circle:
        return self._put(row, production=row.production, scene=row.scene, shot=row.shot)

    # Continuity, cuts, requests, references, remarks

    def facts(self, production: str, before: int | None = None) -> list[Fact]:
        """The continuity log, of the scenes before number ``before`` if given."""
        rows = self._rows(Fact, Fact.scene, Fact.position, production=production)
        return [row for row in rows if before is None or row.scene < before]

    def log_facts(self, production: str, scene: int, texts: list[str]) -> None:
        for position, text in enumerate(texts):
            self._put(
                Fact(production=production, scene=scene, position=position, text=text),
                production=production, scene=scene, position=position,
            )  # fmt: skip

    def cuts(self, production: str) -> list[Cut]:
        return self._rows(Cut, Cut.number, production=production)

    def save_cut(self, row: Cut) -> Cut:
        return self._put(row, production=row.production, number=row.number)

    def requests(self, production: str, done: bool | None = False, **where: Any) -> list[Request]:
        """What people asked for, oldest first; with ``done=None`` both the open and the settled."""
        where |= {} if done is None else {"done": done}
        return self._rows(Request, Request.id, production=production, **where)

    def ask(self, row: Request) -> Request:
        """Write a request; the same form (``once``) a second time changes nothing and gives the first one back."""
        known = self._rows(Request, once=row.once) if row.once else []
        if known:
            return known[0]
        try:
            return self._put(row, id=row.id)
        except IntegrityError:  # the same form came twice at the same moment
            return self._rows(Request, once=row.once)[0]

    def settle(self, id: int | None, outcome: str) -> None:
        """Close a request, once: it is shown until then and never acted on again."""
        with self._writing, self._session() as session:
            row = session.get(Request, id)
            if row is not None and not row.done:
                row.done, row.outcome = True, outcome
                session.add(row)
                crash_point("before-commit-request")
                session.commit()
                crash_point("after-commit-request")

    def reference(self, bible: str, label: str) -> Reference | None:
        return next(iter(self._rows(Reference, bible=bible, label=label)), None)

    def save_reference(self, row: Reference) -> Reference:
        return self._put(row, bible=row.bible, label=row.label)

    def remarks(self, production: str, kind: str) -> list[str]:
        """Texts of kind ``fallback`` or ``warning``, in the order in which they came."""
        return [r.text for r in self._rows(Remark, Remark.id, production=production, kind=kind)]

    def remark(self, production: str, kind: str, text: str) -> None:
        self._put(Remark(production=production, kind=kind, text=text), production=production, kind=kind, text=text)

    # Memoised decisions

    def recall(self, kind: str, inputs: Any) -> Any:
        """What was decided for these inputs, or None."""
        rows = self._rows(Memo, key=digest([kind, inputs]))
        return rows[0].value if rows else None

    def memo(self, key: str) -> Memo | None:
        """The memo whose key is ``digest([kind, inputs])``."""
        return next(iter(self._rows(Memo, key=key)), None)

    def memoise(self, kind: str, inputs: Any, value: Any) -> None:
        key = digest([kind, inputs])
        self._put(Memo(key=key, kind=kind, inputs=inputs, value=value), key=key)

    def memos(self, kind: str) -> list[Memo]:
        return self._rows(Memo, kind=kind)

    def integrity(self) -> str:
        """SQLite's own check: ``ok``, or what is wrong."""
        with sqlite3.connect(self.path) as connection:
            return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
