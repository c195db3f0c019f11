"""`studio world`: one file a family of commands, registered here."""

from __future__ import annotations

import typer

from studio.cli.world import footage, training

app = typer.Typer(help="World models: record, import, train, models.", no_args_is_help=True)
for group in (footage, training):
    group.register(app)
