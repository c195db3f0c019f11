"""`studio world`: record footage of games, import videos, train world models, list what there is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typer

from studio.errors import BadInput

app = typer.Typer(help="World models: record, import, train, models.", no_args_is_help=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.lower().partition("x")
    if not (height.isdigit() and width.isdigit()):
        raise BadInput(f"--size {text!r} is no size; write HEIGHTxWIDTH, such as 96x128")
    return int(height), int(width)


def _default(out: Path | None, *names: str) -> Path:
    from studio.config import workspace

    return out or workspace().root.joinpath("runs", ".worlds", *names)


@app.command()
def record(
    env: str = typer.Argument("backlot", help="A file in studio/worlds/envs: backlot, carracing, crafter, procgen."),
    out: Path | None = typer.Option(None, help="Folder [default: runs/.worlds/data/ENV]."),
    episodes: int = typer.Option(160, min=1, help="Episodes to train on."),
    val: int = typer.Option(16, min=1, help="Episodes on other levels, to watch training."),
    test: int = typer.Option(16, min=0, help="Episodes on levels that are kept for evaluation."),
    steps: int = typer.Option(256, min=2, help="Steps an episode, at most."),
    seed: int = typer.Option(0, help="Of the players."),
    first: int = typer.Option(0, min=0, help="Number of the first level of each split."),
    policy: str = typer.Option("", help="Shares, such as scripted=0.5,sticky=0.4,random=0.1 [default: by ENV]."),
    game: str = typer.Option("coinrun", help="Which game, for procgen."),
    python: str = typer.Option("", help="Python with procgen2, for procgen [default: $STUDIO_PROCGEN_PYTHON]."),
    workers: int = typer.Option(1, min=1, help="Processes."),
) -> None:
    """Play a game and keep the footage; the same command goes on where it stopped.

    Example: studio world record backlot --episodes 16 --val 4 --test 4
    """
    from studio.worlds.data.record import Recipe, record

    options = {"game": game, "python": python or None} if env == "procgen" else {}
    counts = {"train": episodes, "val": val} | ({"test": test} if test else {})
    recipe = Recipe(env, counts, steps, seed, first, policy, options)
    folder = _default(out, "data", env)
    manifest = record(recipe, folder, workers, _say)
    print(f"{folder}: {sum(s.frames for s in manifest.shards)} frames in {len(manifest.shards)} shards")


@app.command("import")
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

    folder = _default(out, "data", "imported")
    manifest = import_clips(clips, folder, fps, _size(size), fit, _say)
    print(f"{folder}: {sum(s.frames for s in manifest.shards)} frames of {len(manifest.sources)} clips")


@app.command()
def train(
    model: str = typer.Argument(..., help="A file in studio/worlds/models, such as autoencoder or latent_flow."),
    data: Path | None = typer.Option(None, help="Data set [default: runs/.worlds/data/backlot]."),
    out: Path | None = typer.Option(None, help="Folder [default: runs/.worlds/models/PRESET]."),
    preset: str = typer.Option("debug", help="debug, cpu-hour or base."),
    seed: int = typer.Option(0, help="Of weights, data order and noise."),
    codec: Path | None = typer.Option(None, help="Weights of a latent model's codec [default: OUT/autoencoder]."),
    steps: int | None = typer.Option(None, min=1, help="Instead of the preset's."),
    batch: int | None = typer.Option(None, min=1, help="Clips a step, instead of the preset's."),
    rate: float | None = typer.Option(None, help="Learning rate, instead of the preset's."),
    precision: str | None = typer.Option(None, help="no or bf16, instead of the preset's."),
    save_every: int | None = typer.Option(None, min=1, help="Steps between checkpoints."),
    check_every: int | None = typer.Option(None, min=1, help="Steps between strips and checks."),
    threads: int = typer.Option(0, min=0, help="Threads of the CPU [default: torch's choice]."),
    skip_damaged: bool = typer.Option(False, "--skip-damaged", help="Go on without damaged shards."),
) -> None:
    """Train a model; the same command goes on from the last checkpoint, to the same bits on a CPU.

    Example: studio world train latent_flow --preset debug
    """
    from studio.worlds.training.train import train

    path = train(
        model,
        _default(data, "data", "backlot"),
        _default(out, "models", preset),
        preset,
        seed,
        codec,
        skip_damaged,
        threads,
        _say,
        **{"steps": steps, "batch": batch, "rate": rate, "precision": precision},
        **{"save_every": save_every, "check_every": check_every},
    )
    print(path)


@app.command()
def models(as_json: bool = typer.Option(False, "--json", help="JSON on stdout.")) -> None:
    """List the models with their sizes, and the presets that train them."""
    from studio.plugins import names
    from studio.worlds.models.base import Codec, model_class
    from studio.worlds.training.presets import preset_names

    rows = []
    for name in names("worlds.models"):
        cls = model_class(name)
        built = cls(cls.config_class())
        own = sum(p.numel() for p in built.parameters() if p.requires_grad)
        kind = "codec" if issubclass(cls, Codec) else "world model"
        about = (sys.modules[cls.__module__].__doc__ or "").splitlines()[0]
        rows.append({"model": name, "kind": kind, "parameters": own, "about": about})
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['model']:<12} {row['kind']:<12} {row['parameters'] / 1e6:>6.2f} M  {row['about']}")
    print(f"presets: {', '.join(preset_names())}")
