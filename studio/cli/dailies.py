"""`studio dailies`: screen every take of a production."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from studio.cli.output import check_writable

if TYPE_CHECKING:
    from studio.crew.played import Played
    from studio.crew.production import Production
    from studio.edit.preview import Dailies
    from studio.memory.tables import Take


def dailies(
    name: str = typer.Argument(help="The production."),
    scene: int | None = typer.Option(None, help="This scene's takes alone."),
    out: Path | None = typer.Option(None, help="MP4 to write [runs/NAME/dailies.mp4]."),
    circled: bool = typer.Option(False, help="Circle takes only."),
    as_json: bool = typer.Option(False, "--json", help="Print what is where in the file as JSON on stdout."),
) -> None:
    """Write a small screening copy of all takes, shot by shot, each with its name, timecode, direction and reward.

    A slate comes before each scene; ◉ marks the circle take; takes played in a world model come last.
    A production that is still being made can be screened.

    \b
    Examples:
      studio dailies my-film
      studio dailies my-film --scene 2 --out scene-2.mp4
    """
    if out is not None:
        check_writable(out, ".mp4", "dailies are an MP4 file")  # answered before anything heavy is imported
    from studio.cli.progress import Progress
    from studio.config import workspace
    from studio.crew.dailies import also_played, chosen
    from studio.crew.production import reopen

    space = workspace()
    production = reopen(space, name, Progress(space.runs / name))
    file = out or production.folder / "dailies.mp4"
    check_writable(file, ".mp4", "dailies are an MP4 file")
    takes, also = chosen(production, scene, circled), also_played(production, scene, circled)
    try:
        made = _screened(production, takes, file, also)
    finally:
        production.close()
    if as_json:
        print(json.dumps(_told(production, takes, made, file, also)))
        return
    print(file)


def _screened(production: Production, takes: list[Take], out: Path, also: list[Played]) -> Dailies:
    """Make the screening copy under a bar on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from studio.crew.dailies import screen

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("frames"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"dailies of {production.name}", total=None)
        return screen(production, takes, out, lambda done, total: bar.update(task, completed=done, total=total), also)


def _told(
    production: Production, takes: list[Take], made: Dailies, out: Path, also: list[Played]
) -> dict[str, Any]:  # fmt: skip
    """Where each take lies in the file, in frames from its start."""
    from studio.crew.dailies import clip_name, is_circled

    parts = {part.name: part for part in made.parts}
    rows = [
        {
            "name": clip_name(take), "scene": take.scene, "shot": take.shot, "take": take.number,
            "first_frame": parts[clip_name(take)].first, "frames": parts[clip_name(take)].frames,
            "circled": is_circled(production, take), "reward": take.reward, "file": take.file,
        }
        for take in takes
    ]  # fmt: skip
    played = [
        {
            "name": each.name, "take": each.number, "first_frame": parts[each.name].first,
            "frames": parts[each.name].frames, "file": str(each.path.relative_to(production.folder)),
        }
        for each in also
    ]  # fmt: skip
    return {
        "name": production.name, "dailies": str(out), "frames": made.frames, "fps": made.fps,
        "seconds": round(made.frames / made.fps, 3), "width": made.width, "height": made.height, "takes": rows,
        "played": played,
    }  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command()(dailies)
