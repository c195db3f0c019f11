"""Families of plug-ins: one file each, found by file name, imported only when used."""

from importlib import import_module
from importlib.resources import files
from types import ModuleType

from studio.errors import BadInput


def names(family: str) -> list[str]:
    """File names (without ``.py``) in package ``studio.<family>``; ``base`` and private files are not plug-ins."""
    entries = (entry.name for entry in files(f"studio.{family}").iterdir())
    return sorted(n[:-3] for n in entries if n.endswith(".py") and n != "base.py" and not n.startswith("_"))


def load(family: str, name: str) -> ModuleType:
    """Import plug-in ``name`` of ``family``; raises BadInput that lists the choices for an unknown name."""
    if name not in names(family):
        raise BadInput(f"unknown {family} {name!r}; choose from: {', '.join(names(family))}")
    return import_module(f"studio.{family}.{name}")
