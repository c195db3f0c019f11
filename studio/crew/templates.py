"""The templates of ``prompts/``: read, checked before anything starts, and filled in. Users edit them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Template
from typing import Any

from studio.config import Workspace, shipped
from studio.errors import BadInput

SHOT = (
    "shot_size", "angle", "camera_move", "lighting", "style_strength", "style", "action", "characters", "location",
    "time", "weather", "detail", "answer", "framing", "camera", "light", "look",
)  # fmt: skip
"""Variables of every ``prompts/enricher/<family>.md``."""
VARIABLES: dict[str, tuple[str, ...]] = {
    "director": ("prompt", "scenes", "max_characters", "max_locations", "seed", "bible", "schema"),
    "enricher": ("wanted", "camera", "limit", "schema"),
    "critic": ("schema",),
    "narrative_coherence": ("schema",),
}
"""Role -> the variables that its template may use."""
_LIMIT = re.compile(r"^\s*Limit: (\d+) words\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Family:
    """How the engines of one family want their prompts, from ``prompts/enricher/<family>.md``."""

    role: str
    plain: str
    """Template of the prompt where no language model writes it; empty for engines that take no text."""
    wanted: str
    """What a language model is told; empty where none is asked."""
    limit: int
    """Words of a prompt, 0 for no limit."""


def family(space: Workspace, name: str) -> Family:
    """The family that an engine names; raises BadInput that lists those there are."""
    try:
        head, body = _parts(space.template(f"enricher/{name}"))
    except FileNotFoundError:
        folders = (space.root / "prompts" / "enricher", shipped("prompts", "enricher"))
        known = sorted({path.stem for folder in folders for path in folder.glob("*.md")})
        raise BadInput(f"there is no prompts/enricher/{name}.md; choose from: {', '.join(known)}") from None
    plain, _, wanted = re.sub(r"^---\s*$", "\x00", body, count=1, flags=re.MULTILINE).partition("\x00")
    limit = _LIMIT.search(head)
    return Family(f"enricher/{name}", plain.strip(), wanted.strip(), int(limit[1]) if limit else 0)


def check(space: Workspace, family_name: str, llm: str) -> None:
    """Raises BadInput for a template that this production would need and could not fill in."""
    wanted = family(space, family_name)
    fill(wanted.role, wanted.plain, dict.fromkeys(SHOT, ""))
    for role, names in VARIABLES.items() if llm != "offline" else ():
        fill(role, _parts(space.template(role))[1], dict.fromkeys(names, ""))


def render(space: Workspace, role: str, values: dict[str, Any]) -> str:
    """``prompts/<role>.md`` with its ``$variables`` filled in; raises BadInput naming an unknown one."""
    return fill(role, _parts(space.template(role))[1], values)


def fill(role: str, body: str, values: dict[str, Any]) -> str:
    """The body of a template filled in; raises BadInput naming what it asks for and what it may use."""
    try:
        return Template(body).substitute(values)
    except KeyError as error:
        raise BadInput(
            f"prompts/{role}.md asks for ${error.args[0]}; it may use: {', '.join(sorted(values))}"
        ) from None
    except ValueError as error:
        raise BadInput(f"prompts/{role}.md: {error}; write $$ for a dollar sign") from None


def _parts(text: str) -> tuple[str, str]:
    """(the comment on top, what comes after it)."""
    if not text.lstrip("\ufeff").startswith("<!--"):
        return "", text
    head, _, body = text.partition("-->")
    return head, body.lstrip()
