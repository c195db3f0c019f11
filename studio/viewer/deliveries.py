"""The delivery counter: a film in a format of the editing room, made into a temporary file and streamed."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from studio.config import Workspace
from studio.crew.delivery import deliver, export_format
from studio.crew.production import reopen
from studio.viewer.forms import Form
from studio.viewer.media import hand_over

AT_ONCE = 2
PATIENCE = 60


class Counter:
    """Hands out exports, a few at a time."""

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self._places = threading.Semaphore(AT_ONCE)

    def export(self, request: Request, form: Form) -> Response:
        """The film in the format that the form names, as a download. Raises BadInput."""
        to = form.get("to", "")
        suffix = export_format(to).suffix
        production = reopen(self.space, request.path_params["name"])
        if not self._places.acquire(timeout=PATIENCE):
            raise HTTPException(503, "Other exports are being made; ask again in a moment.")
        try:
            with tempfile.TemporaryDirectory(prefix="studio-export-") as folder:
                made = deliver(production, to, Path(folder) / f"{production.name}{suffix}")
                # Open before the folder goes: the bytes stay until the last of them is sent, then nothing is left.
                return hand_over(made.file)
        finally:
            self._places.release()
            production.close()
