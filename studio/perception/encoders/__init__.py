"""Image encoders by name, one file each; the version is known without loading torch."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from studio.errors import BadInput
from studio.plugins import load, names
from studio.weights import locate

if TYPE_CHECKING:
    from studio.perception.encoders.base import ImageEncoder

WEIGHTS = Path(__file__).parent.parent / "weights" / "studio-clip.safetensors"
"""studio-clip's own."""
FAMILY = "perception.encoders"
AUTO = "studio-clip"
"""What ``auto`` stands for."""


@cache
def encoder(named: str, folder: Path) -> ImageEncoder:
    """The encoder that ``[consistency] encoder`` names as ``name`` or ``name:model``, with those of its weights that
    lie in ``folder`` or in the hub's cache. torch is imported when a take is first judged, not before.

    Raises BadInput that lists the choices, or says what a model may be.
    """
    name, _, model = (AUTO if named == "auto" else named).partition(":")
    file = name.replace("-", "_")
    if file not in names(FAMILY):
        raise BadInput(f"unknown encoder {named!r}; choose from: {', '.join(choices())}")
    kind: type[ImageEncoder] = load(FAMILY, file).Encoder
    options = {"model": model} if model else {}
    try:
        blank = kind(options)
    except ValidationError:
        raise BadInput(f"encoder {named!r}: {kind.usage}") from None
    return kind(options, locate(blank.needs.weights, folder))


def installed(named: str = "auto", folder: Path = Path("weights")) -> ImageEncoder | None:
    """The encoder, or None where its weights are not here: consistency is then not scored, and said."""
    found = encoder(named, folder)
    return found if found.here else None


def choices() -> list[str]:
    """How encoders are named in settings."""
    return ["auto", *(load(FAMILY, name).Encoder.usage.split(";")[0] for name in names(FAMILY))]


def version_of(named: str, folder: Path = Path("weights"), memo: Path = Path("runs/.weights.json")) -> str:
    """Method and sha256 of the encoder's weights, ``untrained`` where they are not here; ``memo`` as in
    ``weights.hash_of``. Raises BadInput for an unknown name."""
    found = encoder(named, folder)
    return found.fingerprint(memo) if found.here else "untrained"
