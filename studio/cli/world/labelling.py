"""`studio world label`: actions for footage that came without."""

from __future__ import annotations

from pathlib import Path

import typer

from studio.cli.world._common import SEEDS, default, say


def label(
    data: Path = typer.Argument(..., help="Imported footage, such as runs/.worlds/data/imported."),
    labels: Path = typer.Option(..., help="CSV with lines clip,frame,action; 200 lines are a good start."),
    out: Path | None = typer.Option(None, help="Folder of the footage with actions [default: DATA-labelled]."),
    actions: str = typer.Option("", help="Names of all actions, in their order [default: those in the table]."),
    model: Path | None = typer.Option(
        None, help="Folder of the latent actions [default: runs/.worlds/latent_actions]."
    ),
    steps: int = typer.Option(800, min=1, help="Of learning the latent actions."),
    seed: int = typer.Option(0, min=0, max=SEEDS, help="Of weights, data order and names."),
    threads: int = typer.Option(0, min=0, help="Threads of the CPU [default: torch's choice]."),
) -> None:
    """Name what is done in footage without actions, from a few labelled frames.

    Latent actions (codes for what happens between two frames) are learned first; the same command goes on where it
    stopped. An action at a frame leads to the next one; frames count from 0 in each clip, at the rate of the import.

    Example: studio world label runs/.worlds/data/imported --labels labels.csv --actions noop,left,right,jump
    """
    import torch

    from studio.worlds.latent_actions.label import label

    if threads:
        torch.set_num_threads(threads)
    folder = out or data.with_name(f"{data.name}-labelled")
    names = [name.strip() for name in actions.split(",") if name.strip()]
    manifest, namer = label(
        data, labels, folder, default(model, "latent_actions", data.name), names, steps, seed, say=say
    )
    frames = sum(shard.frames for shard in manifest.shards)
    print(f"{folder}: {frames} frames with actions; {namer.held_out:.0%} of held-out labels named rightly")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(label)
