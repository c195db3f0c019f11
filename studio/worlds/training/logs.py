"""What training tells: CSV to read anywhere, and TensorBoard's curves. After a resume no step is told twice."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from studio.publish import publish_text


class Log:
    """Rows of ``folder/<name>.csv`` and scalars ``<name>/<column>``. Rows beyond ``step`` are dropped first."""

    def __init__(self, folder: Path, name: str, step: int, writer: Any) -> None:
        self.path, self.name, self.writer = folder / f"{name}.csv", name, writer
        self._columns: list[str] = []
        if self.path.is_file():
            with self.path.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                kept = [row for row in reader if None not in row.values() and int(row["step"] or 0) <= step]
                self._columns = list(reader.fieldnames or [])
            text = io.StringIO()
            again = csv.DictWriter(text, self._columns)
            again.writeheader()
            again.writerows(kept)
            publish_text(self.path, text.getvalue())

    def row(self, step: int, values: dict[str, float]) -> None:
        """Add one row; its columns are those of the first row."""
        new = not self._columns
        self._columns = self._columns or ["step", *values]
        with self.path.open("a", newline="", encoding="utf-8") as file:
            rows = csv.DictWriter(file, self._columns, restval="", extrasaction="ignore")
            if new:
                rows.writeheader()
            rows.writerow({"step": step, **{k: f"{v:.6g}" for k, v in values.items()}})
        for key, value in values.items():
            self.writer.add_scalar(f"{self.name}/{key}", value, step)


def curves(folder: Path, step: int) -> Any:
    """TensorBoard's writer for ``folder/tensorboard``; points at and after ``step`` from before are hidden."""
    from tensorboardX import SummaryWriter

    return SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1 if step else None)
