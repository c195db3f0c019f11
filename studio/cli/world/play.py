"""`studio world play` and `export`."""

from __future__ import annotations

from pathlib import Path

import typer

from studio.cli.world._common import default, say


def play(
    models: list[str] = typer.Argument(
        None, metavar="[MODEL]...", help="Weights (*.safetensors), shipped models, or folders of an export."
    ),
    data: Path | None = typer.Option(None, help="Data set to begin from [default: levels played on the spot]."),
    port: int = typer.Option(0, min=0, max=65535, help="Port to listen on; 0 takes a free one."),
    browser: bool = typer.Option(True, "--open/--no-open", help="Open the browser."),
    runtime: str = typer.Option("int8", help="What steps a latent_flow: int8 or float32 (ONNX), or torch."),
    threads: int | None = typer.Option(
        None, min=0, help="Threads of the CPU, 0: torch's choice [default: 2; for torch a core less than there are]."
    ),
) -> None:
    """Play world models in the browser, beside the true simulator. Prints one address that works once.

    Every model named, those that ship and copy_last can be switched to while playing.

    Example: studio world play runs/.worlds/models/debug/latent_flow/weights.safetensors
    """
    import os
    import webbrowser

    import torch

    from studio.config import workspace
    from studio.viewer.play.app import build
    from studio.viewer.play.room import Room
    from studio.viewer.serve import can_browse, open_page
    from studio.worlds.play.players import Players, on_the_table
    from studio.worlds.play.starts import made, recorded

    if threads is None:  # torch's threads wait for each other: one that shares its core with the page holds up all
        threads = 2
        torch.set_num_threads(max(1, min(threads, (os.cpu_count() or 1) - 1)))
    elif threads:
        torch.set_num_threads(threads)
    starts = recorded(data) if data else made()
    exports = default(None, "exports")
    players = Players(on_the_table(models or []), starts.size, starts.action_names, exports, runtime, threads, say)
    players.open(players.words[0])
    room = Room(workspace(), players, starts)

    def show(address: str) -> None:
        print(address, flush=True)
        if browser and can_browse():
            webbrowser.open(address)

    try:
        open_page(lambda access: build(room, access), port, show)
    finally:
        room.close()


def export(
    model: str = typer.Argument(..., help="Weights (*.safetensors) of a latent_flow, or a shipped one."),
    out: Path = typer.Option(..., help="Folder for the graphs."),
    int8: bool = typer.Option(False, "--int8", help="Quantise the trunk's linear layers."),
) -> None:
    """Write a flow model as ONNX graphs: encoder, trunk with its cache, decoder. The folder can be played.

    Example: studio world export latent_flow --out latent_flow-int8 --int8
    """
    from studio.worlds.play.onnx_export import export
    from studio.worlds.shelf import open_world_model

    sizes = export(open_world_model(model), out, int8)
    print(f"{out}: {', '.join(f'{file} {size / 1e6:.1f} MB' for file, size in sizes.items())}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(play)
    app.command()(export)
