"""Image-text encoders by name; the version is known without loading torch."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from studio.config import Settings
from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.rewards.base import Encoder

NAMES = ("auto", "studio-clip")
LICENCE = Licence(weights=Part("Apache-2.0", "fitted by this project on frames of its own"))
WEIGHTS = Path(__file__).parent / "weights" / "studio-clip.safetensors"


@cache
def version_of(name: str) -> str:
    """sha256 of the encoder's weights; raises BadInput for an unknown name."""
    if name not in NAMES:
        raise BadInput(f"unknown encoder {name!r}; choose from: {', '.join(NAMES)}")
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() if WEIGHTS.is_file() else "untrained"


def licence_of(settings: Settings) -> Licence:
    """Licence of the encoder that ``[consistency] encoder`` names; asked before its weights are looked for."""
    version_of(settings.consistency.encoder)
    return LICENCE


@cache
def trained() -> Encoder | None:
    """The installed encoder, or None where no weights are there: consistency is then not scored, and said.

    torch is imported when a take is first judged, not before.
    """
    if not WEIGHTS.is_file():
        return None
    from studio.perception.eye import Eye

    return Eye(WEIGHTS)
