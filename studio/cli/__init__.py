"""The command line: one file a command group, registered here. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import atexit
import gc
import os
import sys

import typer

from studio.cli import bible, check, clip, dailies, director, engines, export, make, manage, retake, verify, view, world
from studio.errors import StudioError

USAGE: type[typer.BadParameter] = typer.BadParameter.__bases__[0]  # type: ignore[assignment]
"""UsageError of the click that this typer runs on: the package of that name, or a copy that typer brings."""

app = typer.Typer(
    name="studio",
    help="A film studio that runs itself: one sentence in, a finished film out.",
    epilog='Example: studio make --prompt "A lighthouse keeper adopts a lost whale"',
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _workspace(
    workspace: str = typer.Option("", help="Folder of studio.toml, prompts, story_bible and runs [default: here]."),
) -> None:
    if workspace:
        os.environ["STUDIO_WORKSPACE"] = workspace


for group in (make, retake, manage, engines, check, clip, dailies, export, verify, view):
    group.register(app)
app.add_typer(bible.app, name="bible")
app.add_typer(director.app, name="director")
app.add_typer(world.app, name="world")


def main() -> None:
    """Entry point: every StudioError becomes one line and its exit code, never a traceback."""
    atexit.register(gc.freeze)  # else the interpreter looks through all that was imported for garbage, for a second
    try:
        code = app(standalone_mode=False)
    except StudioError as error:
        print(f"studio: {error}", file=sys.stderr)
        code = error.exit_code
    except USAGE as error:
        print(f"studio: {error.format_message()}", file=sys.stderr)
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        print("studio: interrupted; `studio resume NAME` goes on", file=sys.stderr)
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
