"""`studio view`: the screening room in the browser."""

from __future__ import annotations

import typer


def view(
    name: str = typer.Argument("", metavar="NAME", help="Start at this production.", show_default=False),
    port: int = typer.Option(0, min=0, max=65535, help="Port to listen on; 0 takes a free one."),
    host: str = typer.Option("127.0.0.1", help="Address to listen on. Anything but this machine's own is a risk."),
    browser: bool = typer.Option(True, help="Open the browser."),
) -> None:
    """Watch productions, takes, curves and the story bible in the browser. Prints one address that works once.

    Example: studio view my-film
    """
    import webbrowser

    from studio.config import workspace
    from studio.viewer.serve import can_browse, check_known, open_room

    space = workspace()
    if name:
        check_known(space, name)

    def show(address: str) -> None:
        print(address, flush=True)
        if browser and can_browse():
            webbrowser.open(address)

    open_room(space, host, port, f"/productions/{name}" if name else "/", show)


def register(app: typer.Typer) -> None:
    app.command()(view)
