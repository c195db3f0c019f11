"""open_clip models: by name and tag of its own table, or a bundle in a folder. Never with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import field_validator

from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.networks import device, tensor
from studio.perception.backbone import Backbone, normalised
from studio.perception.open_clip_table import repository
from studio.perception.ranked import Ranked
from studio.tool import Needs, NoOptions
from studio.weights import Weight

LOCAL = "local-dir:"
FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors")
"""Names under which repositories and bundles keep the weights; open_clip looks for the same ones first."""
TERMS = {"laion": "MIT", "openai": "MIT", "datacomp": "MIT", "commonpool": "MIT", "webli": "Apache-2.0",
         "metaclip": "CC-BY-NC-4.0", "dfn": "Apple-AMLR", "datacompdr": "Apple-AMLR"}  # fmt: skip
"""How a tag begins -> the licence of its weights."""


class Clip(Backbone):
    """Both towers of a model whose weights were all loaded."""

    def __init__(self, model: str, path: Path) -> None:
        import open_clip

        weights = _weights(path)
        name, _, tag = model.partition("/")
        bundle = model.startswith(LOCAL)
        shown = {} if bundle else open_clip.get_pretrained_cfg(name, tag)
        try:
            self.model = open_clip.create_model(
                f"{LOCAL}{path}" if bundle else name, pretrained=None if bundle else str(weights), device=device(),
                require_pretrained=True, pretrained_text=False, force_quick_gelu=bool(shown.get("quick_gelu")),
            )  # fmt: skip
            self.tokenizer = open_clip.get_tokenizer(f"{LOCAL}{path}" if bundle else name)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise BadInput(f"open_clip:{model} does not load: {str(error).splitlines()[0]}") from None
        self.model.eval()
        told = {**self.model.visual.preprocess_cfg, **{k: shown[k] for k in ("mean", "std") if k in shown}}
        self.mean, self.std = tuple(told["mean"]), tuple(told["std"])
        size = self.model.visual.image_size
        self.side = size[0] if isinstance(size, tuple | list) else size
        self.warmth = float(self.model.logit_scale.detach().exp())

    def embed(self, pictures: np.ndarray) -> np.ndarray:
        import torch

        with torch.no_grad():
            seen = self.model.encode_image(tensor(pictures, self.mean, self.std, device()))
        return normalised(seen.float().cpu().numpy())

    def read(self, texts: list[str]) -> np.ndarray | None:
        import torch

        with torch.no_grad():
            said = self.model.encode_text(self.tokenizer(texts).to(device()))
        return normalised(said.float().cpu().numpy())


def _weights(path: Path) -> Path:
    """The file that open_clip will read; raises BadInput where it would find none, or a pickle."""
    if path.is_file():
        found = [path]
    else:
        found = [path / name for name in FILES if (path / name).is_file()] or sorted(path.glob("*.safetensors"))
    if not found or found[0].suffix != ".safetensors":
        raise BadInput(f"{path} holds no .safetensors; open_clip would go on with random weights or a pickle")
    return found[0]


class Options(NoOptions):
    model: str = "ViT-B-32/laion2b_s34b_b79k"

    @field_validator("model")
    @classmethod
    def _known(cls, value: str) -> str:
        if not value.startswith(LOCAL):
            name, slash, tag = value.partition("/")
            if not (slash and repository(name, tag)):
                raise ValueError(f"{value!r} is no MODEL/TAG of open_clip")
        return value


class Encoder(Ranked):
    usage = (
        "open_clip:MODEL/TAG; the model is e.g. ViT-B-32/laion2b_s34b_b79k (`open_clip.list_pretrained()` has them "
        "all), or local-dir:FOLDER with open_clip_config.json and .safetensors"
    )
    Options: Any = Options

    @property
    def licence(self) -> Licence:  # type: ignore[override]
        """open_clip's, and that of the weights by their tag; a bundle's is its owner's to know."""
        model = self.options.model
        if model.startswith(LOCAL):
            return Licence(code=Part("MIT"))
        tag = model.partition("/")[2]
        longest = max((start for start in TERMS if tag.startswith(start)), key=len, default="")
        return Licence(code=Part("MIT"), weights=Part(TERMS.get(longest, "unstated")))

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        model = self.options.model
        if model.startswith(LOCAL):
            return Needs((Weight("model", model.removeprefix(LOCAL)),))
        return Needs((Weight("model", repository(*model.split("/", 1))),))

    def load(self) -> Backbone:
        self.check()
        return Clip(self.options.model, self.weights["model"])

    def check(self) -> None:
        _weights(self.weights["model"])
        if self.options.model.startswith(LOCAL):
            config = self.weights["model"] / "open_clip_config.json"
            try:
                whole = "model_cfg" in json.loads(config.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                whole = False
            if not whole:
                raise BadInput(f"{config} is not there, or has no model_cfg: it is no bundle of open_clip")
