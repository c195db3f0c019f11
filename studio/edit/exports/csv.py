"""The shot list: a row a shot, for a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

from studio.edit.exports import base

COLUMNS = (
    "scene", "shot", "take", "start timecode", "end timecode", "frames", "seconds", "size", "angle", "move",
    "location", "characters", "action", "dialogue",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula."""


class Export(base.Export):
    """A ``.csv`` file in UTF-8 with a byte order mark, without which Excel misreads it."""

    suffix = ".csv"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        with out.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for row in _rows(delivery):
                rows.writerow(_harmless(cell) if isinstance(cell, str) else cell for cell in row)
        return []


def _rows(delivery: base.Delivery) -> list[list[str | int | float]]:
    from studio.edit.burnin import timecode

    document, fps = delivery.document, delivery.fps
    return [
        [
            scene.number, shot.number, placed.piece.take, timecode(placed.first, fps), timecode(placed.last, fps),
            placed.frames, round(placed.frames / fps, 3), placed.piece.direction.get("shot_size", ""),
            placed.piece.direction.get("angle", ""), placed.piece.direction.get("camera_move", ""),
            document.location(scene.location).name,
            ", ".join(document.character(id).name for id in shot.characters), shot.action,
            " / ".join(f"{who}: {text}" for who, text in base.speech(document, shot)),
        ]
        for placed, scene, shot in delivery.shots()
    ]  # fmt: skip


def _harmless(cell: str) -> str:
    """``cell`` on one line, behind an apostrophe where it would be calculated."""
    text = base.plain(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
