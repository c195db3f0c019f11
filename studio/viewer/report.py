"""Reading report.json as a stranger would: it may be missing, half-written, or of another version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from studio.report.schema import SCHEMA_VERSION, Report

MAX_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Told:
    """What the report says, or why it says nothing."""

    report: Report | None = None
    problem: str = ""


def read_report(folder: Path | None) -> Told:
    """The report of the production in ``folder``."""
    path = folder / "report.json" if folder else None
    if path is None or not path.is_file():
        return Told()
    if path.is_symlink() or path.stat().st_size > MAX_BYTES:
        return Told(problem="report.json is not a report that Studio wrote; it was not read.")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version = data.get("schema_version") if isinstance(data, dict) else None
        if version != SCHEMA_VERSION:
            shown = str(version)[:40]
            return Told(problem=f"report.json has schema version {shown}; this viewer reads {SCHEMA_VERSION}.")
        return Told(Report.model_validate(data))
    except (ValidationError, ValueError, RecursionError, OSError):
        return Told(problem="report.json is damaged and was not read; what follows comes from the memory.")
