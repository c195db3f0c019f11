"""`studio clip`: one clip, no crew."""

from __future__ import annotations

from pathlib import Path

import typer

from studio.errors import BadInput


def clip(
    prompt: str = typer.Option(..., help="What the clip shows."),
    image: Path | None = typer.Option(None, help="First frame, where the engine can take one."),
    engine: str = typer.Option("", help="Video engine [previz]."),
    out: Path = typer.Option(Path("clip.mp4"), help="File to write."),
    seconds: float = typer.Option(4.0, min=0.5, max=20, help="Length of the clip."),
    seed: int = typer.Option(0, min=0, help="Another seed, another clip."),
) -> None:
    """Render one clip.

    Example: studio clip --prompt "A fox runs through a snowy forest at night" --out fox.mp4
    """
    import shutil

    from studio.config import load, workspace
    from studio.crew import opening
    from studio.crew.single import brief_of
    from studio.stage.store import TakeStore
    from studio.stage.workers import Stage

    if not out.parent.is_dir():
        raise BadInput(f"--out {out}: no folder {out.parent}")
    space = workspace()
    settings = load(space, None, [f'production.engine="{engine}"'] if engine else [])
    tool = opening.check_tools(space, settings)[f"engine {settings.production.engine}"]
    text = opening.check_prompt(prompt)
    brief = brief_of(space, settings, text, seconds, seed, image)
    store = TakeStore(space.runs / ".takes")
    with Stage(settings.production.engine, tool, settings.stage.workers, settings.stage.deadline_seconds) as stage:
        shot = stage.shoot(brief, store, lambda event, **facts: None)
    shutil.copyfile(shot.clip.path, out)
    print(out)


def register(app: typer.Typer) -> None:
    app.command()(clip)
