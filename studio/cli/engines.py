"""`studio engines`: what each engine (or artist) can do, what it needs, its licence, and whether it may run here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from studio.config import Settings, Workspace

SHORT = {"text": "text", "first frame": "first", "last frame": "last", "references": "refs"}
"""What a clip can be made from, in the table's words: a first or a last frame, reference pictures."""


def engines(
    artists: bool = typer.Option(False, "--artists", help="List the reference artists instead."),
    as_json: bool = typer.Option(False, "--json", help="JSON on stdout."),
) -> None:
    """List video engines: what each can do, needs and may.

    Example: studio engines --json
    """
    from studio.config import load, workspace

    space = workspace()
    settings = load(space)
    rows = listing(space, settings, "artists" if artists else "engines")
    if as_json:
        print(json.dumps(rows))
        return
    from rich.console import Console

    Console().print(_table(rows, artists))
    print()
    for row in rows:
        for n, text in enumerate(_remedies(row)):
            print(f"{'' if n else row['name']:<12} {text}")


def listing(space: Workspace, settings: Settings, family: str = "engines") -> list[dict[str, Any]]:
    """One row a tool of ``family``; one whose options in studio.toml are wrong has ``fault`` and its name alone."""
    from studio.errors import BadInput
    from studio.plugins import names
    from studio.tool import build

    rows: list[dict[str, Any]] = []
    for name in names(family):
        try:
            tool = build(family, name, settings, space)
        except BadInput as error:
            rows.append({"name": name, "fault": str(error)})
            continue
        can = _capabilities(tool) if family == "engines" else {}
        rows.append({"name": name, "version": tool.version, **can, **_needs(tool, space, settings)})
    return rows


def _capabilities(engine: Any) -> dict[str, Any]:
    able = engine.capabilities
    can = {
        "text": not getattr(able, "needs_picture", False), "first_frame": able.first_frame,
        "last_frame": able.last_frame, "references": able.references,
    }  # fmt: skip
    return {
        "can": [what.replace("_", " ") for what, yes in can.items() if yes], **can,
        "fps": able.fps, "any_fps": able.any_fps, "frame_step": able.frame_step, "frame_offset": able.frame_offset,
        "max_frames": able.max_frames, "size_multiple": able.size_multiple,
        "fixed_size": list(able.fixed_size) if able.fixed_size else None,
    }  # fmt: skip


def _needs(tool: Any, space: Workspace, settings: Settings) -> dict[str, Any]:
    from importlib.util import find_spec

    from studio.tool import weights_folder

    folder = weights_folder(settings, space)
    refused = tool.licence.refused(settings.licence.allowed)
    return {
        "vram_gib": tool.needs.vram_gib,
        "missing": [package for package in tool.needs.packages if find_spec(package) is None],
        "weights": [
            {
                "role": weight.role, "source": weight.source, "gib": weight.gib, "required": weight.required,
                "path": str(tool.weights[weight.role]) if weight.role in tool.weights else None,
                "remedy": weight.remedy(str(folder)),
            }
            for weight in tool.needs.weights
        ],
        "licence": tool.licence.told(),
        "allowed": not refused,
        "refused": {what: part.name for what, part in refused.items()},
    }  # fmt: skip


def _table(rows: list[dict[str, Any]], artists: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    cells = {
        "from": lambda row: " ".join(SHORT[what] for what in row["can"]),
        "frames": _frames,
        "fps": lambda row: "any" if row["any_fps"] else f"{row['fps']:g}",
        "size": lambda row: "×".join(map(str, row["fixed_size"])) if row["fixed_size"] else f"/ {row['size_multiple']}",
        "weights": _weights,
        "GPU": lambda row: f"{row['vram_gib']:g} GiB" if row["vram_gib"] else "–",
        "allowed": lambda row: "yes" if row["allowed"] else "no",
    }
    moving = ("from", "frames", "fps", "size")
    shown = {name: cell for name, cell in cells.items() if not (artists and name in moving)}
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    for heading in ("name", *shown):
        table.add_column(heading, no_wrap=True, overflow="fold")
    for row in rows:
        told = [cell(row) for cell in shown.values()] if "fault" not in row else []
        table.add_row(*(Text(text) for text in (row["name"], *told)))
    return table


def _frames(row: dict[str, Any]) -> str:
    step, offset, most = row["frame_step"], row["frame_offset"], row["max_frames"]
    if step > 1 and most - offset == step:
        return str(most)
    return f"{'any' if step == 1 else f'{step}k+{offset}' if offset else f'{step}k'} ≤ {most}"


def _weights(row: dict[str, Any]) -> str:
    required = [weight for weight in row["weights"] if weight["required"]]
    here = sum(weight["path"] is not None for weight in required)
    return "–" if not required else "here" if here == len(required) else f"{here} of {len(required)}"


def _licence(row: dict[str, Any]) -> str:
    told = row["licence"]
    parts = [("code", told["code"]), ("weights", told["weights"]), *told["components"].items()]
    parts.append(("derivatives", told["derivatives"]))
    return ", ".join(f"{what} {part['name']}" for what, part in parts if part["name"])


def _remedies(row: dict[str, Any]) -> list[str]:
    """The licence in full, then what to do before the tool can run."""
    if "fault" in row:
        return [row["fault"]]
    packages = [f"pip install {package}" for package in row["missing"]]
    weights = [
        f"{weight['role']}{'' if weight['required'] else ' (optional)'}: {weight['remedy']}"
        for weight in row["weights"] if weight["path"] is None
    ]  # fmt: skip
    accept = [f"--accept-licence {name}" for name in dict.fromkeys(row["refused"].values())]
    return [_licence(row), *packages, *weights, *([f"to allow it: {' '.join(accept)}"] if accept else [])]


def register(app: typer.Typer) -> None:
    app.command()(engines)
