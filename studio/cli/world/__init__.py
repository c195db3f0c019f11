"""`studio world`: one file a family of commands, registered here."""

from __future__ import annotations

import typer

from studio.cli.world import evaluation, footage, labelling, play, sample, training

app = typer.Typer(help="World models: record, import, label, train, eval, bench, play and more.", no_args_is_help=True)
for group in (footage, labelling, training, evaluation, sample, play):
    group.register(app)
