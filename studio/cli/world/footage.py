"""`studio world record` and `import`: footage to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from studio.cli.world._common import SEEDS, default, say, size_of


def record(
    env: str = typer.Argument(
        "backlot", help="A file in studio/worlds/envs: backlot, carracing, crafter, dream, procgen."
    ),
    out: Path | None = typer.Option(None, help="Folder [default: runs/.worlds/data/ENV]."),
    episodes: int = typer.Option(160, min=1, help="Episodes to train on."),
    val: int = typer.Option(16, min=1, help="Episodes on other levels, to watch training."),
    test: int = typer.Option(16, min=0, help="Episodes on levels that are kept for evaluation."),
    steps: int = typer.Option(256, min=2, help="Steps an episode, at most."),
    seed: int = typer.Option(0, min=0, max=SEEDS, help="Of the players."),
    first: int = typer.Option(0, min=0, help="Number of the first level of each split."),
    policy: str = typer.Option("", help="Shares, such as scripted=0.5,sticky=0.4,random=0.1 [default: by ENV]."),
    game: str = typer.Option("coinrun", help="Which game, for procgen."),
    python: str = typer.Option("", help="Python with procgen2, for procgen [default: $STUDIO_PROCGEN_PYTHON]."),
    model: str = typer.Option("latent_flow", help="World model to play in, for dream."),
    data: str = typer.Option("", help="Data set that its dreams begin from, for dream."),
    sampling: int = typer.Option(0, min=0, help="Its sampling steps, for dream [default: the model's own]."),
    workers: int = typer.Option(1, min=1, help="Processes."),
) -> None:
    """Play a game and keep the footage; the same command goes on where it stopped.

    Example: studio world record backlot --episodes 16 --val 4 --test 4
    """
    from studio.worlds.data.record import Recipe, record

    known: dict[str, dict[str, Any]] = {
        "procgen": {"game": game, "python": python or None},
        "dream": {"model": model, "data": data, "steps": sampling},
    }
    options = known.get(env, {})
    counts = {"train": episodes, "val": val} | ({"test": test} if test else {})
    recipe = Recipe(env, counts, steps, seed, first, policy, options)
    folder = default(out, "data", env)
    manifest = record(recipe, folder, workers, say)
    print(f"{folder}: {sum(s.frames for s in manifest.shards)} frames in {len(manifest.shards)} shards")


def import_(
    clips: list[Path] = typer.Argument(..., help="Video files."),
    out: Path | None = typer.Option(None, help="Folder [default: runs/.worlds/data/imported]."),
    fps: float = typer.Option(12, help="Frames a second to keep."),
    size: str = typer.Option("96x128", help="HEIGHTxWIDTH, multiples of 16."),
    fit: str = typer.Option("crop", help="crop, pad or stretch to that shape."),
) -> None:
    """Make footage without actions of any video.

    Example: studio world import play.mp4 --fps 12 --size 96x128
    """
    from studio.worlds.data.importing import import_clips

    folder = default(out, "data", "imported")
    manifest = import_clips(clips, folder, fps, size_of(size), fit, say)
    print(f"{folder}: {sum(s.frames for s in manifest.shards)} frames of {len(manifest.sources)} clips")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(record)
    app.command("import")(import_)
