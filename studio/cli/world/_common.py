"""What the commands of `studio world` share."""

from __future__ import annotations

import sys
from pathlib import Path

from studio.errors import BadInput


def say(line: str) -> None:
    """Progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


def size_of(text: str) -> tuple[int, int]:
    """``96x128`` as (height, width). Raises BadInput."""
    height, _, width = text.lower().partition("x")
    if not (height.isdigit() and width.isdigit()):
        raise BadInput(f"--size {text!r} is no size; write HEIGHTxWIDTH, such as 96x128")
    return int(height), int(width)


def default(out: Path | None, *names: str) -> Path:
    """``out``, or a folder below the workspace's ``runs/.worlds``."""
    from studio.config import workspace

    return out or workspace().root.joinpath("runs", ".worlds", *names)
