"""The schema of studio.db, one numbered, append-only step after the other (``PRAGMA user_version``)."""

from __future__ import annotations

import sqlite3

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE production (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, status TEXT NOT NULL, prompt TEXT NOT NULL,
        slate JSON NOT NULL, created_at TEXT NOT NULL, finished_at TEXT, wall_seconds REAL NOT NULL DEFAULT 0
    );
    CREATE TABLE take (
        id INTEGER PRIMARY KEY, production TEXT NOT NULL, scene INTEGER NOT NULL, shot INTEGER NOT NULL,
        number INTEGER NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, file TEXT NOT NULL, data JSON NOT NULL,
        accepted INTEGER NOT NULL, reward REAL, policy_version TEXT,
        UNIQUE (production, scene, shot, number)
    );
    CREATE INDEX take_key ON take (key);
    CREATE TABLE circle (
        id INTEGER PRIMARY KEY, production TEXT NOT NULL, scene INTEGER NOT NULL, shot INTEGER NOT NULL,
        number INTEGER NOT NULL, brief_key TEXT NOT NULL, UNIQUE (production, scene, shot)
    );
    CREATE TABLE fact (
        id INTEGER PRIMARY KEY, production TEXT NOT NULL, scene INTEGER NOT NULL, position INTEGER NOT NULL,
        text TEXT NOT NULL, UNIQUE (production, scene, position)
    );
    CREATE TABLE memo (
        key TEXT PRIMARY KEY, kind TEXT NOT NULL, inputs JSON NOT NULL, value JSON NOT NULL
    );
    CREATE TABLE cut (
        id INTEGER PRIMARY KEY, production TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL,
        sha256 TEXT NOT NULL, frames INTEGER NOT NULL, method TEXT NOT NULL, reason TEXT NOT NULL,
        UNIQUE (production, number)
    );
    CREATE TABLE request (
        id INTEGER PRIMARY KEY, production TEXT NOT NULL, scene INTEGER NOT NULL, shot INTEGER NOT NULL,
        note TEXT NOT NULL, direction JSON NOT NULL, take INTEGER, done INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE reference (
        id INTEGER PRIMARY KEY, bible TEXT NOT NULL, label TEXT NOT NULL, sha256 TEXT NOT NULL, key TEXT NOT NULL,
        UNIQUE (bible, label)
    );
    CREATE TABLE remark (
        id INTEGER PRIMARY KEY, production TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
        UNIQUE (production, kind, text)
    );
    """,
    """
    ALTER TABLE production ADD COLUMN gate TEXT NOT NULL DEFAULT '';
    ALTER TABLE request ADD COLUMN kind TEXT NOT NULL DEFAULT 'retake';
    ALTER TABLE request ADD COLUMN frame INTEGER;
    ALTER TABLE request ADD COLUMN gate TEXT NOT NULL DEFAULT '';
    ALTER TABLE request ADD COLUMN character TEXT NOT NULL DEFAULT '';
    ALTER TABLE request ADD COLUMN look JSON NOT NULL DEFAULT '{}';
    ALTER TABLE request ADD COLUMN asked_at TEXT NOT NULL DEFAULT '';
    ALTER TABLE request ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
    ALTER TABLE request ADD COLUMN once TEXT;
    CREATE UNIQUE INDEX request_once ON request (once);
    CREATE INDEX request_production ON request (production, done);
    """,
)
"""Step n takes a database from version n to n + 1. Never edit a step that has shipped; append one."""


def migrate(connection: sqlite3.Connection) -> int:
    """Bring the database up to date; safe to run again and by two processes at once. Returns the version."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version >= len(STEPS):  # the common case takes no lock: a production may be writing
        return version
    while True:
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version >= len(STEPS):
            connection.execute("COMMIT")
            return version
        for statement in filter(str.strip, STEPS[version].split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version + 1}")
        connection.execute("COMMIT")
