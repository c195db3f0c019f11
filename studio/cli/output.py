"""Where a command writes a file: answered before anything heavy is imported."""

from __future__ import annotations

import os
from pathlib import Path

from studio.errors import BadInput


def check_writable(out: Path, suffix: str, what: str) -> None:
    """Raises BadInput where no file ``out`` can be written; ``what`` says of which kind it is, as its suffix does."""
    try:
        if out.is_dir():
            raise BadInput(f"--out {out} is a folder; name a file in it")
        if out.suffix.lower() != suffix:
            raise BadInput(f"--out {out}: {what}; try {out.with_suffix(suffix)}")
        if not out.parent.is_dir():
            raise BadInput(f"--out {out}: no folder {out.parent}")
        trial = out.with_name(f".{out.stem}.{os.getpid()}{suffix}")
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise BadInput(f"--out {out}: cannot write to {out.parent} ({error.strerror})") from None
