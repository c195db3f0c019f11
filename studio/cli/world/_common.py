"""What the commands of `studio world` share."""

from __future__ import annotations

import sys
from pathlib import Path

from studio.errors import BadInput

SEEDS = 2**63 - 1
"""The largest seed that all generators take."""


def say(line: str) -> None:
    """Progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


def size_of(text: str) -> tuple[int, int]:
    """``96x128`` as (height, width). Raises BadInput."""
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal()):
        raise BadInput(f"--size {text!r} is no size; write HEIGHTxWIDTH, such as 96x128")
    return int(height), int(width)


def default(out: Path | None, *names: str) -> Path:
    """``out``, or a folder below the workspace's ``runs/.worlds``. Raises BadInput where ``out`` is a file."""
    from studio.config import workspace

    if out is not None and out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file; name a folder")
    return out or workspace().root.joinpath("runs", ".worlds", *names)
