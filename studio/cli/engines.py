"""`studio engines`: what each engine (or artist) can do, what it needs, its licence, and whether it may run here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from studio.config import Settings, Workspace


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
    for row in rows:
        for text in _remedies(row):
            print(f"{row['name']}: {text}")


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
        "can do": lambda row: "\n".join(row["can"]),
        "frames": _frames,
        "size": _size,
        "weights": _weights,
        "GPU": lambda row: f"{row['vram_gib']:g} GiB" if row["vram_gib"] else "–",
        "licence": _licence,
        "allowed": lambda row: "yes" if row["allowed"] else "no",
    }
    shown = {name: cell for name, cell in cells.items() if not (artists and name in ("can do", "frames", "size"))}
    table = Table(show_lines=True, expand=False)
    for heading in ("name", *shown):
        table.add_column(heading, overflow="fold")
    for row in rows:
        told = [cell(row) for cell in shown.values()] if "fault" not in row else [row["fault"]]
        table.add_row(*(Text(text) for text in (row["name"], *told)))
    return table


def _frames(row: dict[str, Any]) -> str:
    step, offset = row["frame_step"], row["frame_offset"]
    rule = "any" if step == 1 else f"{step}k+{offset}" if offset else f"{step}k"
    if step > 1 and row["max_frames"] - offset == step:
        rule = str(row["max_frames"])
    else:
        rule += f" ≤ {row['max_frames']}"
    return f"{rule} @ {'any' if row['any_fps'] else format(row['fps'], 'g')} fps"


def _size(row: dict[str, Any]) -> str:
    return "×".join(map(str, row["fixed_size"])) if row["fixed_size"] else f"/ {row['size_multiple']}"


def _weights(row: dict[str, Any]) -> str:
    required = [weight for weight in row["weights"] if weight["required"]]
    here = sum(weight["path"] is not None for weight in required)
    return "none needed" if not required else "here" if here == len(required) else f"{here} of {len(required)} here"


def _licence(row: dict[str, Any]) -> str:
    told = row["licence"]
    parts = [("code", told["code"]), ("weights", told["weights"]), *told["components"].items()]
    parts.append(("derivatives", told["derivatives"]))
    return "\n".join(f"{what}: {part['name']}" for what, part in parts if part["name"])


def _remedies(row: dict[str, Any]) -> list[str]:
    """What to do before the tool can run."""
    if "fault" in row:
        return []
    packages = [f"pip install {package}" for package in row["missing"]]
    weights = [
        f"{weight['role']}{'' if weight['required'] else ' (optional)'}: {weight['remedy']}"
        for weight in row["weights"] if weight["path"] is None
    ]  # fmt: skip
    accept = [f"--accept-licence {name}" for name in dict.fromkeys(row["refused"].values())]
    return [*packages, *weights, *([f"to allow it: {' '.join(accept)}"] if accept else [])]


def register(app: typer.Typer) -> None:
    app.command()(engines)
