"""The catalogue: every kind of figure, place and trade that Studio can draw, one short declarative entry each.

A new creature or place is a new entry in one of the TOML files here. ``words`` are the English nouns (singular)
that mean it; the rest says how previz draws it.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def entries(name: str) -> dict[str, dict[str, Any]]:
    """All entries of ``people``, ``creatures``, ``places``, ``trades`` or another TOML file here, by kind."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
