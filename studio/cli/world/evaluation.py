"""`studio world eval` and `bench`: what models are worth, and how fast they are."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from studio.cli.world._common import SEEDS, default, say
from studio.errors import BadInput


def evaluate(
    models: list[str] = typer.Argument(..., help="Weights (*.safetensors), models that ship, or copy_last."),
    data: Path | None = typer.Option(None, help="Data set [default: runs/.worlds/data/backlot]."),
    out: Path | None = typer.Option(None, help="Folder of the report [default: runs/.worlds/evaluation]."),
    rollouts: int = typer.Option(32, min=2, help="Starts on kept-out levels."),
    horizons: str = typer.Option("1,5,10,30", help="Steps after the start at which frames are compared."),
    context: int = typer.Option(16, min=1, help="True frames that a model is shown."),
    samples: int = typer.Option(4, min=1, help="N of best-of-N."),
    branches: int = typer.Option(6, min=2, help="K of the retrieval of actions."),
    hold: int = typer.Option(10, min=1, help="Steps for which a branch holds its action."),
    keys: str = typer.Option("", help="Compare pixels under other keys too: random, held, idle."),
    measures: str = typer.Option("", help="Only these: files in studio/worlds/evaluation/measures."),
    steps: int | None = typer.Option(None, min=1, help="Passes a frame of models that sample [default: theirs]."),
    guidance: float | None = typer.Option(None, help="Of models that sample [default: theirs]."),
    temperature: float | None = typer.Option(None, help="Of models that sample [default: theirs]."),
    split: str = typer.Option("test", help="Which split is kept out; imported clips have val."),
    seed: int = typer.Option(0, min=0, max=SEEDS, help="Of starts, keys and noise."),
    threads: int = typer.Option(0, min=0, help="Threads of the CPU [default: torch's choice]."),
    skip_damaged: bool = typer.Option(False, "--skip-damaged", help="Go on without damaged shards."),
    as_markdown: bool = typer.Option(False, "--markdown", help="Tables for docs/worlds.md on stdout."),
    as_json: bool = typer.Option(False, "--json", help="The whole report on stdout."),
) -> None:
    """Measure models on kept-out levels; what has been measured before is not measured again.

    Example: studio world eval latent_flow copy_last --rollouts 64
    """
    import torch

    from studio.plugins import names
    from studio.worlds.evaluation.evaluate import evaluate
    from studio.worlds.evaluation.lab import Settings
    from studio.worlds.evaluation.subjects import open_subjects, set_sampling
    from studio.worlds.evaluation.table import markdown, show, tables

    if threads:
        torch.set_num_threads(threads)
    settings = Settings(
        rollouts=rollouts,
        context=context,
        horizons=_horizons(horizons),
        samples=samples,
        branches=branches,
        hold=hold,
        seed=seed,
        keys=_words(keys, ("random", "held", "idle"), "keys"),
        only=_words(measures, tuple(names("worlds.evaluation.measures")), "measures"),
        split=split,
        steps=steps,
        guidance=guidance,
        temperature=temperature,
    )
    folder = default(data, "data", "backlot")
    subjects = open_subjects(models, folder)
    set_sampling(subjects, settings)
    report = evaluate(subjects, folder, settings, default(out, "evaluation"), skip_damaged, say)
    if as_json:
        print(json.dumps(report))
    elif as_markdown:
        print(markdown(tables(report)), end="")
    else:
        show(tables(report))


def _horizons(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 0 < int(part) <= 100_000 for part in parts):
        raise BadInput(f"--horizons {text!r} cannot be used; write steps such as 1,5,10,30")
    return tuple(sorted({int(part) for part in parts}))


def _words(text: str, choices: tuple[str, ...], option: str) -> tuple[str, ...]:
    found = tuple(word.strip() for word in text.split(",") if word.strip())
    unknown = [word for word in found if word not in choices]
    if unknown:
        raise BadInput(f"--{option} {unknown[0]!r} does not exist; choose from: {', '.join(choices)}")
    return found


def bench(
    models: str = typer.Option("", help="Only these, with commas between [default: all world models]."),
    steps: int = typer.Option(60, min=1, help="Steps that are timed, after a warm-up."),
    threads: int = typer.Option(0, min=0, help="Threads of the CPU [default: torch's choice]."),
    as_json: bool = typer.Option(False, "--json", help="JSON on stdout."),
) -> None:
    """Time one player's game: frames a second, latency of a step, memory, size; each model in a process of its own.

    Example: studio world bench --models latent_flow,pixel_film --json
    """
    from studio.worlds.evaluation.speed import bench

    words = [word.strip() for word in models.split(",") if word.strip()]
    rows = bench(words, steps, threads, say)
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(
            f"{row['model']:<12} {row['fps']:>8.1f} fps {row['latency_ms']:>8.2f} ms "
            f"{row['cpu_ms']:>8.2f} ms of CPU {row['memory_mb']:>7.0f} MB "
            f"{row['parameters'] / 1e6:>6.2f} M  {row['weights']}"
        )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("eval")(evaluate)
    app.command()(bench)
