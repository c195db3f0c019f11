"""Image-text encoders by name; the version is known without loading torch."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Protocol

from studio.errors import BadInput
from studio.rewards.base import Footage, Judgement

NAMES = ("auto", "studio-clip")
WEIGHTS = Path(__file__).parent / "weights" / "studio-clip.safetensors"


@cache
def version_of(name: str) -> str:
    """sha256 of the encoder's weights; raises BadInput for an unknown name."""
    if name not in NAMES:
        raise BadInput(f"unknown encoder {name!r}; choose from: {', '.join(NAMES)}")
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() if WEIGHTS.is_file() else "untrained"


class Encoder(Protocol):
    """What the consistency terms ask of an image-text encoder; every value is a calibrated probability."""

    def same_characters(self, footage: Footage) -> Judgement: ...

    def same_place(self, footage: Footage) -> Judgement: ...


def trained() -> Encoder | None:
    """The installed encoder, or None where no weights are there: consistency is then not scored, and said."""
    return None
