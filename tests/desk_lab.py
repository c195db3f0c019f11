"""A production to be directed, and a visitor who fills in its forms as a browser does."""

from __future__ import annotations

import re
from typing import Any

from screening_lab import ADDRESS, plan, shelve, take, visitor

from studio.config import Settings, Workspace
from studio.crew.slate import Slate
from studio.memory.store import Memory
from studio.publish import publish_json

SCRIPT = '<script>alert("x")</script>'
FORMS = ("circle", "retake", "note", "look", "verdict", "withdraw", "resume", "export")
PAGE = "/productions/keeper"


def keeper(space: Workspace, name: str = "keeper", status: str = "finished", gate: str = "") -> Memory:
    """A production of one shot with two takes, the second one circled."""
    folder = shelve(space, name, take(name), take(name, number=2), document=plan(), status=status)
    slate = Slate(
        name=name, studio_version="0", prompt="A keeper", settings=Settings(), seed=7, engine_version="1",
        artist_version="1", writer_version="1", encoder_version="1", policy_version="v1",
    )  # fmt: skip
    publish_json(folder / "slate.json", slate.model_dump(mode="json"))
    memory = Memory(space.runs / "studio.db")
    row = memory.production(name)
    assert row is not None
    row.gate = gate
    memory.save_production(row)
    memory.memoise("review", {"production": name}, bool(gate))
    return memory


class Desk:
    """A visitor who fills in the forms of a page as a browser does."""

    def __init__(self, space: Workspace) -> None:
        self.client = visitor(space)

    def form(self, page: str, action: str, nth: int = 0) -> dict[str, str]:
        """The hidden fields of the ``nth`` form of ``page`` that posts to ``action``."""
        text = self.client.get(page).text
        found = re.findall(rf'<form[^>]*action="{action}"[^>]*>(.*?)</form>', text, re.S)
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[nth]))

    def post(self, action: str, **fields: str) -> Any:
        return self.client.post(action, data=fields, headers={"origin": ADDRESS})

    def send(self, page: str, action: str, nth: int = 0, **fields: str) -> Any:
        return self.post(action, **{**self.form(page, action, nth), **fields})
