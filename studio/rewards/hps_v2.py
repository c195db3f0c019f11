"""Human Preference Score v2.1 (Wu et al. 2023): a CLIP-H fitted to rankings of pictures by people.

Frames are resized and cropped as open_clip does for this architecture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.networks import device
from studio.rewards._blip import squared
from studio.rewards._converted import tensors
from studio.rewards._preference import Preference, Scale, Scorer
from studio.tool import Needs
from studio.weights import Weight, hash_of

CHECKPOINTS = tuple(f"HPS_v2.1_compressed{ending}" for ending in (".pt", ".safetensors", ".converted.safetensors"))


class Hps:
    """A hundredfold cosine of picture and prompt."""

    def __init__(self, checkpoint: Path, architecture: str) -> None:
        import open_clip

        state = tensors(checkpoint, lambda found: {name: value.float() for name, value in found.items()})
        config = open_clip.get_model_config(architecture)
        if config is None:
            raise BadInput(f"hps_v2: {architecture!r} is no architecture of open_clip")
        self.model = open_clip.CLIP(**config)
        told = self.model.load_state_dict(state, strict=False)
        if told.missing_keys or told.unexpected_keys:
            faults = [f"lacks {k}" for k in told.missing_keys] + [f"has {k}" for k in told.unexpected_keys]
            raise BadInput(f"{checkpoint} does not fit {architecture}: it {faults[0]} ({len(faults)} in all)")
        self.model.eval().to(device())
        self.tokenizer = open_clip.get_tokenizer(architecture)
        size = self.model.visual.image_size
        self.side = int(size[0] if isinstance(size, tuple | list) else size)

    def scores(self, prompt: str, frames: np.ndarray) -> list[float]:
        """One score a frame."""
        import torch

        with torch.no_grad():
            said = self.model.encode_text(self.tokenizer([prompt]).to(device()), normalize=True)
            seen = torch.cat([squared(frame, self.side) for frame in frames])
            return [100 * float(c) for c in self.model.encode_image(seen, normalize=True) @ said[0]]


class Options(Scale):
    """Pictures of today's models score between 20 and 34 on most prompts: the middle of that, and some of it to either
    side. A convention of this project; tell your engine's own where they are known."""

    model: str = "xswu/HPSv2"
    middle: float = 27.0
    spread: float = Field(3.5, gt=0)
    architecture: str = "ViT-H-14"
    """Name of the architecture in open_clip."""


class Term(Preference):
    """How much of the range of today's models lies below, mean over the sampled frames."""

    version = "1"
    Options: Any = Options
    licence = Licence(weights=Part("Apache-2.0"))

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        return Needs((Weight("model", self.options.model, gib=1.8),), vram_gib=4.0)

    def checkpoint(self) -> Path:
        """The published pickle, or a conversion of it; raises BadInput that says what to put where."""
        where = self.weights["model"]
        for file in [where] if where.is_file() else [where / name for name in CHECKPOINTS]:
            if file.is_file():
                return file
        raise BadInput(
            f"{where} holds no {CHECKPOINTS[0]}; `hf download {self.options.model} {CHECKPOINTS[0]}` gets it"
        )

    def check(self) -> None:
        self.checkpoint()

    def fingerprint(self, memo: Path) -> str:
        """Of the checkpoint alone: the conversion beside it changes no score."""
        return hash_of({"model": self.checkpoint()}, memo)

    def load(self) -> Scorer:
        return Hps(self.checkpoint(), self.options.architecture)
