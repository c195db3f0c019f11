"""`studio clip`: one clip, no crew."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from studio.errors import BadInput


def clip(
    prompt: str = typer.Option(..., help="What the clip shows; a model is told it as it is."),
    image: Path | None = typer.Option(None, help="First frame, where the engine can take one."),
    reference: list[Path] = typer.Option([], help="Picture of who is to be seen, where the engine can; repeatable."),
    engine: str = typer.Option("", help="Video engine [previz]; `studio engines` lists them."),
    out: Path = typer.Option(Path("clip.mp4"), help="File to write."),
    force: bool = typer.Option(False, help="Overwrite --out."),
    seconds: float = typer.Option(4.0, min=0.5, max=20, help="Length of the clip."),
    size: str = typer.Option("", metavar="WxH", help="Width and height in pixels [832x480]."),
    seed: int = typer.Option(0, min=0, help="Another seed, another clip."),
    sets: list[str] = typer.Option([], "--set", help="section.key=value, e.g. --set stage.deadline_seconds=600"),
    accept_licence: list[str] = typer.Option([], metavar="NAME", help="Accept a licence for this clip alone."),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON on stdout."),
) -> None:
    """Render one clip from text, or from text and a picture.

    \b
    Examples:
      studio clip --prompt "A fox runs through a snowy forest at night" --out fox.mp4
      studio clip --engine wan --prompt "The fox turns its head" --image fox.png --seconds 3
    """
    import shutil
    from tempfile import TemporaryDirectory

    from studio.cli.output import check_writable
    from studio.config import load, workspace
    from studio.crew import clearance, opening
    from studio.crew.single import Wish, brief_of
    from studio.publish import publish_path
    from studio.stage.store import TakeStore
    from studio.stage.workers import Stage

    check_writable(out, ".mp4", "a clip is an MP4 file")
    if out.exists() and not force:
        raise BadInput(f"--out {out} exists; name another file, or --force overwrites it")
    space = workspace()
    flags = [f"production.engine={json.dumps(engine)}"] if engine else []
    settings = clearance.accept(space, load(space, None, [*sets, *flags, *_size(size)]), accept_licence)
    name = settings.production.engine
    tool = opening.check_engine(space, settings)
    opening.check_writable(space)
    wish = Wish(opening.check_prompt(prompt), seconds, seed, image, tuple(reference))
    with TemporaryDirectory(prefix="studio-clip-") as folder:
        brief = brief_of(space, settings, wish, Path(folder))
        workers, deadline = settings.stage.workers, settings.stage.deadline_seconds
        with _bar() as moved, Stage(name, tool, workers, deadline, moved) as stage:
            shot = stage.shoot(brief, TakeStore(space.runs / ".takes"), _tell)
    copy = out.with_name(f".{out.stem}.{os.getpid()}{out.suffix}")
    shutil.copyfile(shot.clip.path, copy)
    publish_path(copy, out)
    made = shot.clip
    if as_json:
        facts = {"frames": made.frames, "fps": made.fps, "width": made.width, "height": made.height}
        print(json.dumps({"file": str(out), "engine": name, "seed": seed, "cached": shot.cached, **facts}))
        return
    how = "from the cache" if shot.cached else f"rendered in {shot.render_seconds:.1f} s"
    length = f"{made.frames} frames at {made.fps:g} fps ({made.frames / made.fps:.2f} s)"
    print(f"{length}, {made.width}x{made.height}, {how}", file=sys.stderr)
    print(out)


def _size(text: str) -> list[str]:
    match = re.fullmatch(r"(\d+)[x×](\d+)", text.strip().lower())
    if text and match is None:
        raise BadInput(f"--size {text!r} is not of the form WxH, e.g. 832x480")
    return [f"production.width={match[1]}", f"production.height={match[2]}"] if match else []


def _tell(event: str, **facts: Any) -> None:
    """What happens beside the rendering: failed attempts, and what an engine had to do."""
    print(f"{event.replace('_', ' ')}: {facts.get('error') or facts.get('text', '')}", file=sys.stderr)


@contextmanager
def _bar() -> Iterator[Callable[[float], None]]:
    """A bar on stderr; what it yields is told the share done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    with Progress(BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def register(app: typer.Typer) -> None:
    app.command()(clip)
