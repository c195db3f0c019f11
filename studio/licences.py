"""Licences as data: four parts, each with the name that `[licence] allow` must hold before a production may start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from studio.errors import BadInput

NONE = ""
"""A part that is not there: an engine without weights, derivatives without terms of their own."""


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

    def parts(self) -> dict[str, Part]:
        """``code``, ``weights``, each component and ``derivatives``, without those that are not there."""
        named = {"code": self.code, "weights": self.weights, **self.components, "derivatives": self.derivatives}
        return {what: part for what, part in named.items() if part.name}

    def refused(self, allowed: Collection[str]) -> dict[str, Part]:
        """The parts whose licence is not among ``allowed``."""
        return {what: part for what, part in self.parts().items() if part.name not in allowed}


def require(tools: Mapping[str, Licence], allowed: Collection[str]) -> None:
    """Raises BadInput naming the first part of ``tools`` (``engine wan`` -> licence) that is not allowed."""
    for tool, licence in tools.items():
        refused = licence.refused(allowed)
        if not refused:
            continue
        what, part = next(iter(refused.items()))
        terms = f" ({part.terms})" if part.terms else ""
        accept = " ".join(f"--accept-licence {name}" for name in dict.fromkeys(p.name for p in refused.values()))
        raise BadInput(f"{tool}: its {what} is under {part.name}{terms}, not allowed here; to accept: {accept}")
