"""DINOv2 (Oquab et al. 2023) through transformers: fine-grained likeness, no words."""

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

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet, with which it was trained."""
PATCHES = 16
"""Patches a side: 224 pixels at the usual patch of 14."""
GRID = 2
"""Cells a side into which patches are pooled, beside the class token."""


class Patches(Backbone):
    """The class token and pooled patches, each of length one: what is there, and where on the figure."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoConfig, AutoModel

        kind = AutoConfig.from_pretrained(str(folder), local_files_only=True).model_type
        if kind not in ("dinov2", "dinov2_with_registers"):
            raise BadInput(f"{folder} holds a model of type {kind}; encoder dinov2 reads DINOv2 alone")
        self.model = from_folder(AutoModel, folder)
        self.special = 1 + getattr(self.model.config, "num_register_tokens", 0)
        self.side = PATCHES * self.model.config.patch_size

    def embed(self, pictures: np.ndarray) -> np.ndarray:
        import torch
        from torch.nn import functional as F

        with torch.no_grad():
            tokens = self.model(tensor(pictures, MEAN, STD, device())).last_hidden_state
            patches = tokens[:, self.special :].transpose(1, 2).unflatten(2, (PATCHES, PATCHES))
            pooled = F.adaptive_avg_pool2d(patches, GRID).flatten(1)
            both = torch.cat([F.normalize(tokens[:, 0], dim=-1), F.normalize(pooled, dim=-1)], 1)
        return normalised(both.cpu().numpy())


class Options(NoOptions):
    model: str = "facebook/dinov2-base"


class Encoder(Ranked):
    """It has no text tower: what a picture shows is not asked."""

    usage = "dinov2:FOLDER_OR_ID; the model is a folder or a repository such as facebook/dinov2-base"
    reads = False
    licence = Licence(weights=Part("Apache-2.0"))
    Options: Any = Options

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        return Needs((Weight("model", self.options.model),))

    def load(self) -> Backbone:
        return Patches(self.weights["model"])
