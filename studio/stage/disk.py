"""Free space is checked before a take, so that a full disk stops cleanly."""

from __future__ import annotations

import shutil
from pathlib import Path

from studio.errors import DiskFull

BITS_PER_PIXEL = 1.0
"""Generous for H.264 at CRF 20: a clip never came near it."""


def require_space(folder: Path, width: int, height: int, frames: int) -> None:
    """Raises DiskFull when ``folder``'s disk may not hold a clip of this size."""
    needed = int(width * height * frames * BITS_PER_PIXEL / 8) + (4 << 20)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(
            f"{folder} has {free >> 20} MiB free, a take may need {needed >> 20}; free some space and resume"
        )
