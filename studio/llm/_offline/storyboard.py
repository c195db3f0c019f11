"""Storyboards: a plan that comes from outside, as our own creative_document.json."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from studio.errors import BadInput
from studio.story.document import CreativeDocument


def read_storyboard(path: Path) -> tuple[CreativeDocument, list[str]]:
    """(document, fallbacks) of a storyboard file; raises BadInput in one line."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"--storyboard {path}: no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadInput(f"--storyboard {path}: not readable JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("scenes"), list) or not data["scenes"]:
        raise BadInput(f"--storyboard {path}: no scenes in it")
    if "characters" not in data or "locations" not in data:
        raise BadInput(f"--storyboard {path}: only Studio's own creative_document.json is read in this version")
    try:
        return CreativeDocument.model_validate(data), []
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise BadInput(f"--storyboard {path}: {where}: {fault['msg'].removeprefix('Value error, ')}") from None
