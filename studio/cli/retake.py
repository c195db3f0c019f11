"""`studio retake`, `circle`, `note` and `look`: what a person asks of the crew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer

from studio.errors import BadInput

if TYPE_CHECKING:
    from studio.crew.production import Production

NAME = typer.Argument(help="The production.")
SHOT = typer.Argument(metavar="SCENE.SHOT", help="e.g. 2.1")
AS_JSON = typer.Option(False, "--json", help="Print the result as JSON on stdout.")


def retake(
    name: str = NAME,
    shot: str = SHOT,
    note: str = typer.Option("", help='What should be different, e.g. "closer, at night".'),
    set_direction: list[str] = typer.Option([], help="slot=value, e.g. --set-direction angle=low"),
    as_json: bool = AS_JSON,
) -> None:
    """Shoot one shot again and re-cut the film; every other take stays.

    Example: studio retake my-film 2.1 --note "closer, at night" --set-direction camera_move=push-in
    """
    from studio.cli.running import carry_out
    from studio.crew.requests import ask_retake

    production = _production(name)
    direction = _pairs("--set-direction", set_direction, "slot=value, e.g. angle=low")
    carry_out(production, ask_retake(production, *_find(production, shot), note, direction), as_json)


def circle(
    name: str = NAME,
    shot: str = SHOT,
    take: int = typer.Option(..., help="Number of the take that the film should show."),
    as_json: bool = AS_JSON,
) -> None:
    """Circle another take and re-cut the film; nothing is rendered.

    Example: studio circle my-film 2.1 --take 2
    """
    from studio.cli.running import carry_out
    from studio.crew.requests import ask_circle

    production = _production(name)
    carry_out(production, ask_circle(production, *_find(production, shot), take), as_json)


def note(
    name: str = NAME,
    shot: str = SHOT,
    text: str = typer.Argument(help="What there is to see."),
    take: int = typer.Option(..., help="Number of the take."),
    frame: int = typer.Option(0, help="Frame of the take, from 0."),
) -> None:
    """Note something at a frame of a take: the next retake of the shot is told, and time lines carry it as a marker.

    Example: studio note my-film 2.1 "his hat is gone" --take 2 --frame 31
    """
    from studio.crew.requests import ask_note

    production = _production(name)
    ask_note(production, *_find(production, shot), take, frame, text)
    print(f"noted; `studio retake {name} {shot}` acts on it")


def look(
    name: str = NAME,
    character: str = typer.Argument(help="Id of the character; `studio bible show` lists them."),
    sets: list[str] = typer.Option(
        [], "--set", help='field=value: clothes, hair, colours.top…; clothes="red coat, cap"'
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Change how a character looks, in the plan and in every shot; takes that show the old look are shot again.

    Example: studio look my-film keeper --set clothes="red coat, cap"
    """
    from studio.cli.running import carry_out
    from studio.crew.requests import ask_look

    changed: dict[str, Any] = {}
    for field, value in _pairs("--set", sets, 'field=value, e.g. clothes="red coat"').items():
        part = field.removeprefix("colours.")
        if part != field:
            changed.setdefault("colours", {})[part] = value
        else:
            changed[field] = value
    production = _production(name)
    request = ask_look(production, character, changed)
    if request is None:
        print(f"{character} looks so already")
        return
    carry_out(production, request, as_json)


def _production(name: str) -> Production:
    from studio.cli.progress import Progress
    from studio.config import workspace
    from studio.crew.production import reopen

    space = workspace()
    return reopen(space, name, Progress(space.runs / name))


def _find(production: Production, text: str) -> tuple[int, int]:
    """(scene, shot) of ``SCENE.SHOT``; raises BadInput that lists the shots."""
    match = re.fullmatch(r"(\d+)\.(\d+)", text)
    known = [f"{scene.number}.{shot.number}" for scene in production.document.scenes for shot in scene.shots]
    if match is None or text not in known:
        raise BadInput(f"no shot {text!r}; there are: {', '.join(known)}")
    return int(match[1]), int(match[2])


def _pairs(option: str, pairs: list[str], form: str) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"{option} {pair!r} is not of the form {form}")
        found[name.strip()] = value.strip()
    return found


def register(app: typer.Typer) -> None:
    for command in (retake, circle, note, look):
        app.command()(command)
