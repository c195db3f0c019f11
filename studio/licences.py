"""Licences as data: four parts, each with the name that `[licence] allow` must hold before a production may start."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.errors import BadInput

NONE = ""
"""A part that is not there: an engine without weights, derivatives without terms of their own."""
WHOLE = ("code", "weights", "derivatives")
"""The parts that are not components."""


@dataclass(frozen=True)
class Part:
    """One licence and what it is the licence of. ``name`` is its SPDX identifier, or the name its owner gave it."""

    name: str = NONE
    terms: str = ""
    """What it asks of the user, in a sentence; empty where the name says it all."""


@dataclass(frozen=True)
class Licence:
    """The four parts of what a tool is made of."""

    code: Part = Part("Apache-2.0")
    weights: Part = Part()
    components: Mapping[str, Part] = field(default_factory=dict)
    """Bundled component (a text encoder, a base model, a LoRA) -> its licence."""
    derivatives: Part = Part()
    """Terms on what is made with it or from it, where they go beyond the licence of the weights."""

    def __post_init__(self) -> None:
        if hidden := sorted(set(WHOLE) & set(self.components)):
            raise ValueError(f"a component may not be called {hidden[0]!r}: it would hide that part")

    def parts(self) -> dict[str, Part]:
        """``code``, ``weights``, each component and ``derivatives``, without those that are not there."""
        named = {"code": self.code, "weights": self.weights, **self.components, "derivatives": self.derivatives}
        return {what: part for what, part in named.items() if part.name}

    def told(self) -> dict[str, Any]:
        """All four parts as plain data; a part that is not there has an empty name."""
        return asdict(self)

    def refused(self, allowed: Collection[str]) -> dict[str, Part]:
        """The parts whose licence is not among ``allowed``."""
        return {what: part for what, part in self.parts().items() if part.name not in allowed}


def of(plugin: Any) -> Licence | None:
    """A plug-in's attribute ``licence``: a Licence, or the name of the one its weights are under; None without any."""
    told = getattr(plugin, "licence", None)
    return Licence(weights=Part(told)) if isinstance(told, str) else told


def require(tools: Mapping[str, Licence], allowed: Collection[str]) -> None:
    """Raises BadInput naming every part of ``tools`` (``engine wan`` -> licence) that is not allowed."""
    refused = {tool: licence.refused(allowed) for tool, licence in tools.items()}
    said = [f"{tool}: {_parts(parts)}" for tool, parts in refused.items() if parts]
    if said:
        names = dict.fromkeys(part.name for parts in refused.values() for part in parts.values())
        accept = " ".join(f"--accept-licence {shlex.quote(name)}" for name in names)
        raise BadInput(f"{'; '.join(said)}: not allowed here; to accept: {accept}")


def _parts(refused: Mapping[str, Part]) -> str:
    return ", ".join(f"its {_verb(what)} under {_told(part)}" for what, part in refused.items())


def _verb(what: str) -> str:
    if what in WHOLE:
        return f"{what} {'is' if what == 'code' else 'are'}"
    return f"component {what} is"


def _told(part: Part) -> str:
    return f"{part.name} ({part.terms})" if part.terms else part.name
