"""One row a fact: the tables of the consistency memory (see migrations.py for the schema itself)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class Production(SQLModel, table=True):
    """One film being made. ``status``: running, waiting, stopped, finished."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    status: str = "running"
    prompt: str = ""
    slate: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))
    created_at: str = ""
    finished_at: str | None = None
    wall_seconds: float = 0.0
    gate: str = ""
    """Where a production that is ``waiting`` waits for a person's word: plan, references or ``scene N``."""


class Take(SQLModel, table=True):
    """One finished rendering of a shot with all that is known of it (``data`` is the report's take)."""

    id: int | None = Field(default=None, primary_key=True)
    production: str
    scene: int
    shot: int
    number: int
    key: str
    sha256: str
    file: str
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))
    accepted: bool = False
    reward: float | None = None
    policy_version: str | None = None


class Circle(SQLModel, table=True):
    """The take chosen for the film."""

    id: int | None = Field(default=None, primary_key=True)
    production: str
    scene: int
    shot: int
    number: int
    brief_key: str


class Fact(SQLModel, table=True):
    """One line of the continuity log."""

    id: int | None = Field(default=None, primary_key=True)
    production: str
    scene: int
    position: int
    text: str


class Memo(SQLModel, table=True):
    """A decision that is never made twice: keyed by the hash of what it was made from."""

    key: str = Field(primary_key=True)
    kind: str
    inputs: Any = Field(default=None, sa_column=Column(JSON))
    value: Any = Field(default=None, sa_column=Column(JSON))


class Cut(SQLModel, table=True):
    """One edited version of the film."""

    id: int | None = Field(default=None, primary_key=True)
    production: str
    number: int
    file: str
    sha256: str
    frames: int
    method: str
    reason: str = ""


class Request(SQLModel, table=True):
    """What a person asked of the crew. ``kind`` says what, and which columns count:

    ``retake`` (scene, shot, note, direction), ``circle`` (scene, shot, take), ``look`` (character, look),
    ``note`` (scene, shot, take, frame, note), ``approve`` and ``send back`` (gate, note).
    """

    id: int | None = Field(default=None, primary_key=True)
    production: str
    kind: str = "retake"
    scene: int = 0
    shot: int = 0
    note: str = ""
    direction: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON))
    take: int | None = None
    frame: int | None = None
    """Frame of the take that a note speaks of, from 0."""
    gate: str = ""
    character: str = ""
    look: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))
    """What changes about ``character``: fields of its look, and its ``description``."""
    asked_at: str = ""
    done: bool = False
    outcome: str = ""
    """What came of it."""
    once: str | None = None
    """Names the form that it was asked with: the same form sent twice asks once."""


class Reference(SQLModel, table=True):
    """A reference image of a bible and the key of what it was drawn from."""

    id: int | None = Field(default=None, primary_key=True)
    bible: str
    label: str
    sha256: str
    key: str


class Remark(SQLModel, table=True):
    """A fallback or warning that the report must list."""

    id: int | None = Field(default=None, primary_key=True)
    production: str
    kind: str
    text: str
