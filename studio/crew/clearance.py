"""Clearance: under which licences a production's tools are, and whether that is allowed. Nothing starts without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio import licences
from studio.config import Settings, Workspace, validate
from studio.crew import judges
from studio.errors import BadInput
from studio.licences import Licence
from studio.plugins import load, names
from studio.tool import CLASSES, Tool, build

FAMILIES = {**CLASSES, "perception.encoders": "Encoder", "llm": "Writer"}
"""Families whose plug-ins are under a licence -> the class in each of their files."""


def of_production(space: Workspace, settings: Settings) -> dict[str, Licence]:
    """Tool (``engine wan``, ``artist sdxl``, ``encoder auto``, ``reward visual_quality``) -> its licence."""
    production, named = settings.production, settings.consistency.encoder
    found: dict[str, Any] = {
        **{f"engine {name}": build("engines", name, settings, space) for name in production.engines},
        f"artist {production.artist}": build("artists", production.artist, settings, space),
        f"screenwriter {settings.director.llm}": load("llm", settings.director.llm).Writer,
        f"encoder {named}": judges.encoder(space, settings),
        **{f"reward {name}": term for name, term in judges.terms(space, settings).items()},
    }
    return {tool: licence for tool, plugin in found.items() if (licence := licences.of(plugin)) is not None}


def check(space: Workspace, settings: Settings) -> None:
    """Raises BadInput that says which part of which tool is not allowed, and how to accept it."""
    licences.require(of_production(space, settings), settings.licence.allowed)


def accept(space: Workspace, settings: Settings, accepted: list[str]) -> Settings:
    """These settings with more licences accepted; raises BadInput for a name that no tool is under."""
    if not accepted:
        return settings
    known = sorted({part.name for licence in _all(space, settings) for part in licence.parts().values()})
    for name in accepted:
        if name not in known:
            raise BadInput(f"--accept-licence {name!r}: no tool here is under it; there are: {', '.join(known)}")
    data = settings.model_dump(mode="json")
    data["licence"]["accepted"] = list(dict.fromkeys([*settings.licence.accepted, *accepted]))
    return validate(data, "--accept-licence")


def _all(space: Workspace, settings: Settings) -> Iterator[Licence]:
    """Licences of all plug-ins with their defaults, then of these settings' own, whose options may bring in others."""
    for family, kind in FAMILIES.items():
        for name in names(family):
            plugin = getattr(load(family, name), kind)
            licence = licences.of(plugin() if issubclass(plugin, Tool) else plugin)
            if licence is not None:
                yield licence
    yield from of_production(space, settings).values()
