"""The form that starts a production: checked here, made by `studio make` as a process of its own."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from studio.config import Workspace, load
from studio.crew import opening
from studio.errors import BadInput
from studio.plugins import names
from studio.viewer.forms import Form
from studio.viewer.office import Office
from studio.viewer.pages import Pages

LONGEST = 20_000
"""Characters of a prompt that a form holds: escaped three times over, they fit in a body."""


class Start:
    """Shows the form and opens productions."""

    def __init__(self, space: Workspace, pages: Pages, office: Office) -> None:
        self.space, self.pages, self.office = space, pages, office

    def form(self, request: Request) -> Response:
        """``/start``: an empty form, with the workspace's own settings filled in."""
        return self._form({})

    def open(self, request: Request, form: Form) -> Response:
        """Start `studio make`, or say in one line on the form why not."""
        try:
            name, arguments = self._arguments(form)
            name = self.office.open(name, arguments, form["once"])
        except BadInput as error:
            return self._form(form, str(error))
        return RedirectResponse(f"/productions/{quote(name, safe='')}", 303)

    def _form(self, form: Form, problem: str = "") -> Response:
        try:
            settings = load(self.space).production
            filled = {"engine": settings.engine, "scenes": str(settings.scenes), "seed": str(settings.seed), **form}
        except BadInput as error:
            filled, problem = dict(form), problem or str(error)
        bibles = sorted(path.parent.name for path in self.space.bibles.glob("*/bible.json"))
        return self.pages.page(
            "directing/start.html", 400 if problem else 200, form=filled, problem=problem, engines=names("engines"),
            bibles=bibles, longest=LONGEST, turn=len(self.pages.library.names()),
        )  # fmt: skip

    def _arguments(self, form: Form) -> tuple[str, list[str]]:
        """(name, arguments) for `studio make`; everything is checked and nothing is written. Raises BadInput."""
        prompt, name = opening.check_prompt(form.get("prompt", "")), form.get("name", "").strip() or None
        engine, bible = form.get("engine", ""), form.get("bible", "")
        scenes, seed = _whole(form, "scenes", 1, 12), _whole(form, "seed", 0, 2**63 - 1)
        if engine not in names("engines"):
            raise BadInput(f"unknown engine {engine[:80]!r}; choose from: {', '.join(names('engines'))}")
        sets = [f"production.engine={engine}", f"production.scenes={scenes}", f"production.seed={seed}"]
        settings = load(self.space, None, sets)
        slate, _policy = opening.write_slate(self.space, settings, prompt=prompt, name=name, bible=bible or None)
        arguments = [f"--prompt={prompt}", f"--engine={engine}", f"--scenes={scenes}", f"--seed={seed}"]
        arguments += [f"--bible={bible}"] if bible else []
        return slate.name, [*arguments, *(["--review"] if form.get("review") else [])]


def _whole(form: Form, field: str, low: int, high: int) -> int:
    text = form.get(field, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise BadInput(f"{field}: {text[:40]!r} is not a whole number from {low} to {high}")
    return int(text)
