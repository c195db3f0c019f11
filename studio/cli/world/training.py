"""`studio world train` and `models`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typer

from studio.cli.world._common import SEEDS, default, say


def train(
    model: str = typer.Argument(..., help="A file in studio/worlds/models, such as autoencoder or latent_flow."),
    data: list[Path] = typer.Option([], help="Data set; give several to train on all [default: .../data/backlot]."),
    out: Path | None = typer.Option(None, help="Folder [default: runs/.worlds/models/PRESET]."),
    preset: str = typer.Option("debug", help="debug, cpu-hour or base."),
    seed: int = typer.Option(0, min=0, max=SEEDS, help="Of weights, data order and noise."),
    codec: Path | None = typer.Option(None, help="Weights of a latent model's codec [default: OUT/autoencoder]."),
    mover: Path | None = typer.Option(
        None, help="Weights of an advection or a pixel_film, which a latent_flow then corrects."
    ),
    size: str = typer.Option("", help="Of vq_mamba: tiny, base or large [default: the preset's]."),
    start: Path | None = typer.Option(None, help="Weights of the same model to begin from, to train on."),
    steps: int | None = typer.Option(None, min=1, help="Instead of the preset's."),
    batch: int | None = typer.Option(None, min=1, help="Clips a step, instead of the preset's."),
    rate: float | None = typer.Option(None, help="Learning rate, instead of the preset's."),
    precision: str | None = typer.Option(None, help="no or bf16, instead of the preset's."),
    perceptual: float | None = typer.Option(None, help="Weight of a loss in features of made frames [default: 0]."),
    action_consistency: float | None = typer.Option(
        None, help="Weight of a loss of the actions that are read from made frames [default: 0]."
    ),
    reader: Path | None = typer.Option(None, help="What these two look through [default: Studio's reader]."),
    set_: list[str] = typer.Option([], "--set", help="FIELD=VALUE of the model's settings; may be repeated."),
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
        data or [default(None, "data", "backlot")],
        default(out, "models", preset),
        preset,
        seed,
        codec,
        skip_damaged,
        threads,
        say,
        start,
        size,
        set_,
        reader,
        mover,
        **{"perceptual": perceptual, "action_consistency": action_consistency},
        **{"steps": steps, "batch": batch, "rate": rate, "precision": precision},
        **{"save_every": save_every, "check_every": check_every},
    )
    print(path)


def models(as_json: bool = typer.Option(False, "--json", help="JSON on stdout.")) -> None:
    """List the models with their sizes, and the presets that train them."""
    from studio.plugins import names
    from studio.worlds.models.base import Codec, build, model_class, sized
    from studio.worlds.training.presets import preset_names

    rows = []
    for name in names("worlds.models"):
        cls = model_class(name)
        kind = "codec" if issubclass(cls, Codec) else "world model"
        about = (sys.modules[cls.__module__].__doc__ or "").splitlines()[0]
        for size in cls.sizes or [""]:
            own = sum(p.numel() for p in build(name, sized(name, size)).parameters() if p.requires_grad)
            rows.append({"model": f"{name}:{size}" if size else name, "kind": kind, "parameters": own, "about": about})
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['model']:<14} {row['kind']:<12} {row['parameters'] / 1e6:>6.2f} M  {row['about']}")
    print(f"presets: {', '.join(preset_names())}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(train)
    app.command()(models)
