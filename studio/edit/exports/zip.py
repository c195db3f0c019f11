"""A report that opens from disk: one page with the film, its shots and what was thought of each take."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

from studio.edit.exports import base
from studio.errors import BadInput

POSTER = 480
"""Pixels across a poster."""


class Export(base.Export):
    """A ``.zip`` file with index.html, film.mp4, report.json, contact_sheet.png and posters; no server, no script."""

    suffix = ".zip"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        if not delivery.report:
            raise BadInput(f"{delivery.name} has no report.json that can be read; `studio resume {delivery.name}`")
        sheet = delivery.contact_sheet.is_file()
        with zipfile.ZipFile(out, "w") as packed:
            _add(packed, "index.html", page(delivery, sheet).encode("utf-8"))
            _add(packed, "report.json", (json.dumps(delivery.report, indent=2, ensure_ascii=False) + "\n").encode())
            _add(packed, "film.mp4", delivery.film)
            if sheet:
                _add(packed, "contact_sheet.png", delivery.contact_sheet)
            for placed, _, _ in delivery.shots():
                _add(packed, f"posters/{placed.piece.name}.jpg", _poster(placed.piece.path))
        return [] if sheet else [f"{delivery.name} has no contact sheet; the report does without"]


def page(delivery: base.Delivery, sheet: bool = True) -> str:
    """index.html; everything that a model or a person wrote is escaped."""
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    template = files("studio.edit.exports").joinpath("zip.html").read_text(encoding="utf-8")
    room = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return room.from_string(template).render(
        document=delivery.document, report=delivery.report, scenes=_scenes(delivery), sheet=sheet,
        width=delivery.width, height=delivery.height, curve=_curve(delivery.report),
    )  # fmt: skip


def _scenes(delivery: base.Delivery) -> list[dict[str, Any]]:
    """Scene by scene what the page shows of each shot; times in seconds of the film."""
    told: dict[int, dict[str, Any]] = {}
    takes = {
        (scene["number"], shot["number"]): shot["takes"]
        for scene in delivery.report["scenes"]
        for shot in scene["shots"]
    }
    for placed, scene, shot in delivery.shots():
        row = told.setdefault(
            scene.number,
            {"scene": scene, "place": delivery.document.location(scene.location).name, "shots": []},
        )
        row["shots"].append(
            {
                "number": shot.number, "name": placed.piece.name, "take": placed.piece.take, "action": shot.action,
                "camera": base.camera(placed.piece.direction), "speech": base.speech(delivery.document, shot),
                "start": f"{placed.first / delivery.fps:.3f}", "seconds": f"{placed.frames / delivery.fps:.1f}",
                "notes": placed.piece.notes, "takes": takes.get((scene.number, shot.number), []),
            }
        )  # fmt: skip
    return list(told.values())


def _curve(report: Any) -> dict[str, Any]:
    """The reward curve in a box of 600 by 120: a line's points, and (x, y, label) of each dot."""
    points = [p for p in report["reward_curve"] if p["reward"] is not None]
    step = 600 / max(1, len(points) - 1)
    dots = [
        (
            f"{n * step:.1f}",
            f"{120 * (1 - p['reward']):.1f}",
            f"{p['scene']}.{p['shot']} take {p['take']}: {p['reward']:.3f}",
        )
        for n, p in enumerate(points)
    ]
    return {"line": " ".join(f"{x},{y}" for x, y, _ in dots), "dots": dots}


def _poster(clip: Path) -> bytes:
    from PIL import Image

    from studio.edit.contact_sheet import MIDDLE, frame_at

    picture = frame_at(clip, MIDDLE)
    picture.thumbnail((POSTER, POSTER), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=88)
    return data.getvalue()


def _add(packed: zipfile.ZipFile, name: str, content: bytes | Path) -> None:
    """One file, as it is (films and pictures are compressed already), without its date or owner."""
    entry = zipfile.ZipInfo(name)  # 1980-01-01
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    entry.file_size = len(content) if isinstance(content, bytes) else content.stat().st_size
    with packed.open(entry, "w") as target:
        if isinstance(content, bytes):
            target.write(content)
        else:
            with content.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)
