"""PickScore (Kirstain et al. 2023): a CLIP-H fitted to which of two pictures people picked for a prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.networks import device, from_folder
from studio.rewards._blip import squared
from studio.rewards._preference import Preference, Scale, Scorer
from studio.tool import Needs
from studio.weights import Weight


class PickScore:
    """A hundredfold cosine of picture and prompt, as its authors give it."""

    def __init__(self, folder: Path) -> None:
        import open_clip
        from transformers import CLIPModel

        self.model = from_folder(CLIPModel, folder)
        # The same byte pairs as CLIP-H's own files, and it ships with open_clip.
        self.tokenizer = open_clip.SimpleTokenizer(context_length=self.model.config.text_config.max_position_embeddings)
        self.side = int(self.model.config.vision_config.image_size)

    def scores(self, prompt: str, frames: np.ndarray) -> list[float]:
        """One score a frame."""
        import torch
        from torch.nn import functional as F

        rows = self.tokenizer([prompt])[0].tolist()
        # Up to the end token: what pads it is never looked at, and is another number in every library.
        words = torch.tensor([rows[: rows.index(self.tokenizer.eot_token_id) + 1]], device=device())
        with torch.no_grad():
            hidden = self.model.text_model(words).last_hidden_state[:, -1]
            said = F.normalize(self.model.text_projection(hidden), dim=-1)
            seen = [self.model.vision_model(squared(frame, self.side)).pooler_output for frame in frames]
            cosines = F.normalize(self.model.visual_projection(torch.cat(seen)), dim=-1) @ said[0]
            return [float(score) for score in self.model.logit_scale.exp() * cosines]


class Options(Scale):
    """Pictures of today's models score between 18 and 24 on most prompts: the middle of that, and a third of it to
    either side. A convention of this project; tell your engine's own where they are known."""

    model: str = "yuvalkirstain/PickScore_v1"
    middle: float = 21.0
    spread: float = Field(1.5, gt=0)


class Term(Preference):
    """How much of the range of today's models lies below, mean over the sampled frames."""

    version = "1"
    Options: Any = Options
    licence = Licence(weights=Part("MIT"))

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        return Needs((Weight("model", self.options.model, gib=3.7),), vram_gib=4.0)

    def check(self) -> None:
        if not any(self.weights["model"].glob("*.safetensors")):
            raise BadInput(f"{self.weights['model']} holds no .safetensors of PickScore")

    def load(self) -> Scorer:
        return PickScore(self.weights["model"])
