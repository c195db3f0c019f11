"""What engines, artists, encoders and reward terms have in common: options in studio.toml, a licence, and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from studio.config import Settings, Workspace
from studio.errors import BadInput
from studio.licences import Licence
from studio.plugins import load
from studio.weights import Weight, locate

CLASSES = {"engines": "Engine", "artists": "Draughtsman", "rewards": "Term"}
"""Family -> name of the class in each of its files."""


class NoOptions(BaseModel):
    """Options of a tool that has none; subclass it for those of another. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Needs:
    """What must be there before a tool can start."""

    weights: tuple[Weight, ...] = ()
    vram_gib: float = 0.0
    packages: tuple[str, ...] = ()


class Tool:
    """``options`` are those of ``[engines.<name>]`` (or ``artists``, ``rewards``), ``weights`` role -> folder or file.

    Building one is cheap and loads nothing: licence, needs and capabilities are asked before anything starts."""

    Options: type[NoOptions] = NoOptions
    version: str = "1"
    """Raise it whenever the same input would give other pixels."""
    licence: Licence = Licence()
    needs: Needs = Needs()

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        self.options: Any = self.Options.model_validate(dict(options or {}))
        self.weights: dict[str, Path] = dict(weights or {})

    def parameters(self) -> dict[str, Any]:
        """Options that change pixels, for the key of what is made; where weights lie is none of them."""
        sources = {weight.role for weight in self.needs.weights}
        return {k: v for k, v in self.options.model_dump(mode="json").items() if k not in sources}


def options_of(settings: Settings, family: str, name: str) -> dict[str, Any]:
    """The tool's own section of studio.toml."""
    section: dict[str, dict[str, Any]] = getattr(settings, family)
    return section.get(name, {})


def build(family: str, name: str, settings: Settings, space: Workspace) -> Any:
    """The tool ``name`` with its options and the weights that are on this machine; raises BadInput for bad options."""
    kind: type[Tool] = getattr(load(family, name), CLASSES[family])
    options = options_of(settings, family, name)
    try:
        blank = kind(options)
    except ValidationError as error:
        raise BadInput(_fault(f"[{family}.{name}]", kind.Options, error)) from None
    return kind(options, locate(blank.needs.weights, weights_folder(settings, space)))


def weights_folder(settings: Settings, space: Workspace) -> Path:
    """Where this workspace keeps weights."""
    return space.root / Path(settings.weights.folder).expanduser()


def _fault(where: str, options: type[NoOptions], error: ValidationError) -> str:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        choices = ", ".join(options.model_fields) or "it has no options"
        return f"{where}: unknown key {key!r}; choose from: {choices}"
    return f"{where}: {key} = {fault['input']!r}: {fault['msg'].removeprefix('Value error, ')}"
