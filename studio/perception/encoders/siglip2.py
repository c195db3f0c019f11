"""SigLIP 2 (Tschannen et al. 2025) through transformers, its models of a fixed resolution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.networks import device, from_folder, tensor
from studio.perception.backbone import Backbone, normalised
from studio.perception.ranked import Ranked
from studio.tool import Needs, NoOptions
from studio.weights import Weight

HALF = (0.5, 0.5, 0.5)
"""Mean and deviation that pictures are normalised with."""
WORDS = 64
"""Tokens of a text: shorter ones are padded to it, as in training."""


class Towers(Backbone):
    """Both towers' pooled outputs."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        kind = AutoConfig.from_pretrained(str(folder), local_files_only=True).model_type
        if kind != "siglip":
            raise BadInput(f"{folder} holds a model of type {kind}; choose one of a fixed size (…-patch16-224)")
        self.model = from_folder(AutoModel, folder)
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        except (OSError, ValueError) as error:
            raise BadInput(f"{folder} holds no tokenizer: {str(error).splitlines()[0]}") from None
        self.side = self.model.config.vision_config.image_size
        self.warmth = float(self.model.logit_scale.detach().exp())

    def embed(self, pictures: np.ndarray) -> np.ndarray:
        import torch

        with torch.no_grad():
            seen = self.model.vision_model(tensor(pictures, HALF, HALF, device())).pooler_output
        return normalised(seen.cpu().numpy())

    def read(self, texts: list[str]) -> np.ndarray | None:
        import torch

        length = min(WORDS, self.model.config.text_config.max_position_embeddings)
        told = self.tokenizer(
            [text.lower() for text in texts], padding="max_length", truncation=True, max_length=length,
            return_tensors="pt",
        )  # fmt: skip
        with torch.no_grad():
            said = self.model.text_model(told["input_ids"].to(device())).pooler_output
        return normalised(said.cpu().numpy())


class Options(NoOptions):
    model: str = "google/siglip2-base-patch16-224"


class Encoder(Ranked):
    usage = "siglip2:FOLDER_OR_ID; the model is a folder or a repository such as google/siglip2-base-patch16-224"
    licence = Licence(weights=Part("Apache-2.0"))
    Options: Any = Options

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        return Needs((Weight("model", self.options.model),))

    def load(self) -> Backbone:
        return Towers(self.weights["model"])
