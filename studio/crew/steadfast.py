"""A production goes on with the weights that it was begun with: what others would make is not what its keys name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import Stopped
from studio.tool import Tool
from studio.weights import hash_of

if TYPE_CHECKING:
    from studio.crew.production import Production

MEMO = ".weights.json"
"""Below ``runs``: hashes of weights by size and time."""


def require(
    production: Production, called: str, tool: Tool, fingerprint: Callable[[Path], str], wanted: str | None
) -> None:
    """Raises Stopped where weights of ``tool`` are gone, or their ``fingerprint(memo)`` is not the slate's."""
    name = production.slate.name
    missing = [weight.source for weight in tool.needs.weights if weight.required and weight.role not in tool.weights]
    if missing:
        raise Stopped(f"{called}: the weights {missing[0]} are gone; put them back, then `studio resume {name}`")
    if tool.needs.weights and fingerprint(production.space.runs / MEMO) != wanted:
        raise Stopped(f"{called}: its weights are not those that {name} was begun with; put those back")


def require_engine(production: Production, name: str) -> None:
    """The same for the engine ``name``, before it renders; a film whose takes are all there needs none."""
    engine, wanted = production.engine_named(name), production.slate.tooled(name).weights
    require(production, f"engine {name}", engine, lambda memo: hash_of(engine.weights, memo), wanted)
