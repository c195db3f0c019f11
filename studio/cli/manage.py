"""`studio runs`, `show` and `rm`."""

from __future__ import annotations

import json

import typer

AS_JSON = typer.Option(False, "--json", help="JSON on stdout.")


def runs(as_json: bool = AS_JSON) -> None:
    """List all productions."""
    import sqlite3

    from studio.config import workspace

    space = workspace()
    path = space.runs / "studio.db"
    rows: list[tuple[str, str, str, float, str]] = []
    if path.is_file():
        # Plain sqlite3: the listing answers before an ORM has been imported.
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10) as connection:
            rows = connection.execute(
                "SELECT name, status, created_at, wall_seconds, prompt FROM production ORDER BY id"
            ).fetchall()
    # A kill while a production was being opened leaves a row and no folder: there is nothing to go on with.
    rows = [row for row in rows if (space.runs / row[0] / "slate.json").is_file()]
    keys = ("name", "status", "created_at", "wall_seconds", "prompt")
    if as_json:
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in rows]))
        return
    if not rows:
        print('no productions yet; try: studio make --prompt "A lighthouse keeper adopts a lost whale"')
    for name, status, created, _seconds, prompt in rows:
        print(f"{name:<50} {status:<9} {created[:16]}  {prompt[:60]}")


def show(name: str = typer.Argument(help="The production."), as_json: bool = AS_JSON) -> None:
    """Show one production: its shots, takes and rewards.

    Example: studio show my-film
    """
    from studio.config import workspace
    from studio.crew.production import reopen
    from studio.crew.requests import tell

    production = reopen(workspace(), name)
    takes = production.memory.takes(name)
    circles = production.memory.circles(name)
    row = production.memory.production(name)
    status = row.status if row else "unknown"
    if as_json:
        asked = [request.model_dump(mode="json") for request in production.memory.requests(name)]
        shown = [take.model_dump(mode="json") for take in takes]
        print(json.dumps({"name": name, "status": status, "takes": shown, "requests": asked}))
        return
    print(f"{name}: {status}\n  {production.slate.prompt}")
    for take in takes:
        circle = circles.get((take.scene, take.shot))
        mark = "◉" if circle and circle.number == take.number else " "
        reward = "  –  " if take.reward is None else f"{take.reward:.3f}"
        direction = take.data["direction"]
        setup = f"{direction['shot_size']}, {direction['angle']}, {direction['camera_move']}"
        print(f"  {take.scene}.{take.shot} take {take.number} {mark} {reward}  {setup:<36} {take.file}")
    for request in production.memory.requests(name):
        print(f"  asked for: {tell(request)} (not done yet)")


def rm(
    name: str = typer.Argument(help="The production."),
    takes: bool = typer.Option(False, help="Also drop cached clips that no other production uses."),
) -> None:
    """Delete a production and its story bible."""
    from studio.config import workspace
    from studio.crew.opening import remove

    dropped = remove(workspace(), name, takes)
    print(f"removed {name}" + (f" and {dropped} cached clips" if takes else ""))


def register(app: typer.Typer) -> None:
    for command in (runs, show, rm):
        app.command()(command)
