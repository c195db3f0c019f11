"""studio-clip: the small encoder that is fitted on previz frames and ships with Studio. It compares pictures pair by
pair and needs no gallery."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.perception.encoders import WEIGHTS
from studio.perception.eye import Eye


class Encoder(Eye):
    """The shipped weights, and no others."""

    usage = "studio-clip; it takes no model"

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        self.Options.model_validate(dict(options or {}))
        super().__init__(WEIGHTS)
