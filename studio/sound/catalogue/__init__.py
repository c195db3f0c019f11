"""The catalogue of sounds: every instrument, genre, ambience and effect is one short entry of a TOML file here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TypeVar

from pydantic import BaseModel

Entry = TypeVar("Entry", bound=BaseModel)


@cache
def _table(name: str) -> Mapping[str, Mapping[str, object]]:
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def read(name: str, model: type[Entry]) -> dict[str, Entry]:
    """The entries of ``name``.toml by their names, checked: unknown keys are errors."""
    return {key: model.model_validate(entry) for key, entry in _table(name).items()}
