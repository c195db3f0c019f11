"""`studio retake`: ask for another take of one shot."""

from __future__ import annotations

import re

import typer

from studio.errors import BadInput


def retake(
    name: str = typer.Argument(help="The production."),
    shot: str = typer.Argument(metavar="SCENE.SHOT", help="e.g. 2.1"),
    note: str = typer.Option("", help='What should be different, e.g. "closer, at night".'),
    set_direction: list[str] = typer.Option([], help="slot=value, e.g. --set-direction angle=low"),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON on stdout."),
) -> None:
    """Shoot one shot again and re-cut the film; every other take stays.

    Example: studio retake my-film 2.1 --note "closer, at night" --set-direction camera_move=push-in
    """
    from graphs.run import next_round
    from studio.cli.progress import Progress
    from studio.cli.running import finish
    from studio.config import workspace
    from studio.crew.production import reopen
    from studio.errors import Stopped
    from studio.memory.tables import Request

    space = workspace()
    production = reopen(space, name, Progress(space.runs / name))
    row = production.memory.production(name)
    if row is None or row.status != "finished":
        raise Stopped(f"{name} is not finished; `studio resume {name}` first")
    scene, number = _find(production.document, shot)
    direction = _direction(set_direction)
    with production.alone():
        production.memory.ask(
            Request(production=name, scene=scene, shot=number, note=note.strip(), direction=direction)
        )
        next_round(production)
        row.status = "running"
        production.memory.save_production(row)
    finish(production, as_json, "resumed")


def _find(document, text: str) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    """(scene, shot) of ``SCENE.SHOT``; raises BadInput that lists the shots."""
    match = re.fullmatch(r"(\d+)\.(\d+)", text)
    known = [f"{scene.number}.{shot.number}" for scene in document.scenes for shot in scene.shots]
    if match is None or text not in known:
        raise BadInput(f"no shot {text!r}; there are: {', '.join(known)}")
    return int(match[1]), int(match[2])


def _direction(pairs: list[str]) -> dict[str, str]:
    from studio.story.direction import check

    found = {}
    for pair in pairs:
        slot, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"--set-direction {pair!r} is not of the form slot=value, e.g. angle=low")
        found[slot.strip()] = value.strip()
    return check(found)


def register(app: typer.Typer) -> None:
    app.command()(retake)
