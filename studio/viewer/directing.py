"""Directing in the browser: every form writes a row or starts a process, then leads back to a page.

The rows are the same that the command line writes, through the same functions; the graph acts on them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from studio.config import Workspace
from studio.crew import gates, requests, wardrobe
from studio.crew.production import Production, reopen
from studio.errors import BadInput
from studio.memory.tables import Take
from studio.story.direction import SLOTS
from studio.viewer.deliveries import Counter
from studio.viewer.forms import Form, number, posted
from studio.viewer.guard import Access
from studio.viewer.office import Office
from studio.viewer.pages import Pages
from studio.viewer.start import Start

TEXTS = ("age", "build", "hair", "description")


class Directing:
    """Handlers of all forms of a production."""

    def __init__(self, space: Workspace, pages: Pages, access: Access) -> None:
        self.space, self.pages, self.access = space, pages, access
        self.office = Office(space)
        pages.templates.globals["csrf"] = access.csrf

    def routes(self) -> list[BaseRoute]:
        """All that can be posted to, and the form that starts a production."""
        start, counter = Start(self.space, self.pages, self.office), Counter(self.space)
        acts = {
            "circle": self.circle, "retake": self.retake, "note": self.note, "look": self.look,
            "verdict": self.verdict, "withdraw": self.withdraw, "resume": self.resume, "export": counter.export,
        }  # fmt: skip
        posts: list[BaseRoute] = [
            Route(f"/productions/{{name}}/{path}", posted(self._answered(act), self.access), methods=["POST"])
            for path, act in acts.items()
        ]
        opening = Route("/start", posted(start.open, self.access), methods=["POST"])
        return [Route("/start", start.form, methods=["GET"]), opening, *posts]

    def _answered(self, act: Any) -> Any:
        """``act`` with bad input said on a page of its own."""

        def answer(request: Request, form: Form) -> Response:
            try:
                known: Response = act(request, form)
            except BadInput as error:
                name = request.path_params["name"]
                root = f"/productions/{quote(name, safe='')}" if self.pages.library.record(name) else "/"
                return self.pages.page("directing/refused.html", 400 if root != "/" else 404, why=str(error), root=root)
            return known

        return answer

    def _production(self, request: Request) -> Production:
        return reopen(self.space, request.path_params["name"])

    def _take(self, production: Production, form: Form) -> Take:
        row = self.pages.library.row(Take, number(form, "take"))
        if row is None or row.production != production.name:
            raise HTTPException(404, f"{production.name} has no such take.")
        return row

    def _done(self, production: Production, place: str) -> Response:
        """Have what was asked acted on, and go back to a page. Asked first, looked at the lock afterwards: see
        ``running.finish`` for the other half of the handshake."""
        if gates.due(production) and not production.maker():
            self.office.resume(production.name)
        return _to(production, place)

    def circle(self, request: Request, form: Form) -> Response:
        """Circle a take."""
        production = self._production(request)
        take = self._take(production, form)
        requests.ask_circle(production, take.scene, take.shot, take.number, form["once"])
        return self._done(production, f"#shot-{take.scene}-{take.shot}")

    def retake(self, request: Request, form: Form) -> Response:
        """Ask for another take of a shot."""
        production = self._production(request)
        scene, shot = number(form, "scene"), number(form, "shot")
        direction = {slot: form[slot] for slot in SLOTS if form.get(slot)}
        requests.ask_retake(production, scene, shot, form.get("note", ""), direction, form["once"])
        return self._done(production, f"#shot-{scene}-{shot}")

    def note(self, request: Request, form: Form) -> Response:
        """Note something at a frame of a take."""
        production = self._production(request)
        take, frame = self._take(production, form), number(form, "frame")
        text, key = form.get("note", ""), form["once"]
        requests.ask_note(production, take.scene, take.shot, take.number, frame, text, key)
        return _to(production, f"/takes/{take.id}#notes")

    def look(self, request: Request, form: Form) -> Response:
        """Change how a character looks in every shot."""
        production, character = self._production(request), form.get("character", "")
        look: dict[str, Any] = {name: " ".join(form[name].split()) for name in TEXTS if name in form}
        look |= {name: form[name] for name in wardrobe.LISTS if name in form}
        colours = {part.removeprefix("colour "): hex for part, hex in form.items() if part.startswith("colour ")}
        look |= {"colours": colours} if colours else {}
        requests.ask_look(production, character, look, form["once"])
        return self._done(production, f"/bible#characters-{quote(character, safe='')}")

    def verdict(self, request: Request, form: Form) -> Response:
        """Approve what waits at a gate, or send it back."""
        production = self._production(request)
        words = {"approve": gates.approve, "send back": gates.send_back}
        if form.get("word") not in words:
            raise BadInput(f"the word on a gate is one of: {', '.join(words)}")
        if form.get("gate") != gates.waiting_at(production):
            raise BadInput(f"{production.name} does not wait there any more; look at it again")
        words[form["word"]](production, form.get("note", ""), form["once"])
        return self._done(production, "")

    def withdraw(self, request: Request, form: Form) -> Response:
        """Take a request back, or tick off a note."""
        production = self._production(request)
        requests.withdraw(production, number(form, "request"))
        return _to(production, "#requests")

    def resume(self, request: Request, form: Form) -> Response:
        """Go on with a production that was stopped; one that waits at a gate needs a word instead."""
        production = self._production(request)
        if gates.waiting_at(production):
            raise BadInput(f"{production.name} waits for a word: approve it or send it back")
        if not production.maker():
            self.office.resume(production.name)
        return _to(production, "")


def _to(production: Production, place: str) -> Response:
    return RedirectResponse(f"/productions/{quote(production.name, safe='')}{place}", 303)
