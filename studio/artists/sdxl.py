"""sdxl: Stable Diffusion XL; later views are drawn with IP-Adapter (Ye et al. 2023) after the first one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import Field, field_validator

from studio import diffusing
from studio.artists import _wording
from studio.artists._drawing import DiffusersArtist, DrawingOptions
from studio.artists.base import Commission
from studio.licences import Licence, Part
from studio.tool import Needs
from studio.weights import Weight

STEPS = 30
BASE = "stabilityai/stable-diffusion-xl-base-1.0"
IMAGE_ENCODER = "models/image_encoder"
"""Where the adapters' repository keeps the ViT-H that its ``*_vit-h`` adapters were trained with."""


class Options(DrawingOptions):
    """``model`` and ``ip_adapter``: repositories or folders. ``ip_adapter_scale``: how much a later view resembles the
    first: at 1 it repeats its pose too, at 0 it ignores it."""

    model: str = BASE
    ip_adapter: str = "h94/IP-Adapter"
    ip_adapter_file: str = "ip-adapter_sdxl_vit-h.safetensors"
    ip_adapter_scale: float = Field(0.7, ge=0, le=1)
    guidance: float = Field(6.0, ge=1, le=20)

    @field_validator("ip_adapter_file")
    @classmethod
    def _is_no_pickle(cls, value: str) -> str:
        if not value.endswith(".safetensors"):
            raise ValueError("must be a .safetensors file")
        return value


class Draughtsman(DiffusersArtist):
    Options = Options
    version = "sdxl-1"
    licence = Licence(
        weights=Part("OpenRAIL++-M", "not for the uses that its attachment A forbids"),
        components={
            "text encoder CLIP ViT-L": Part("MIT"), "text encoder OpenCLIP ViT-bigG": Part("MIT"),
            "IP-Adapter": Part("Apache-2.0"), "image encoder OpenCLIP ViT-H": Part("MIT"),
        },
        derivatives=Part("OpenRAIL++-M", "the forbidden uses pass on to models made from it"),
    )  # fmt: skip

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        options = self.options
        model = Weight("model", options.model, 6.5, True, ("*.json", "*.txt", "*.fp16.safetensors"))
        files = (f"sdxl_models/{options.ip_adapter_file}", f"{IMAGE_ENCODER}/*.json", f"{IMAGE_ENCODER}/*.safetensors")
        return Needs((model, Weight("ip_adapter", options.ip_adapter, 3.0, True, files)), vram_gib=11.0)

    def load(self, where: str) -> Any:
        import torch
        from diffusers import StableDiffusionXLPipeline
        from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

        # Half precision, not bfloat16: the pipeline knows to decode in float32 then (its VAE overflows in half).
        dtype = torch.float16 if where == "cuda" else torch.float32
        adapter = self.weights["ip_adapter"]
        seer = diffusing.load(CLIPVisionModelWithProjection, adapter / IMAGE_ENCODER, dtype)
        side = seer.config.image_size
        eyes = CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
        pipe = diffusing.load(
            StableDiffusionXLPipeline, self.weights["model"], dtype, image_encoder=seer, feature_extractor=eyes,
            add_watermarker=False,
        )  # fmt: skip
        pipe.load_ip_adapter(
            str(adapter), subfolder="sdxl_models", weight_name=self.options.ip_adapter_file,
            image_encoder_folder=None, local_files_only=True,
        )  # fmt: skip
        diffusing.place(pipe, where)
        return pipe

    def sketch(self, commission: Commission, size: tuple[int, int], first: Image.Image | None) -> Image.Image:
        # An adapter at scale 0 is skipped: the first view is drawn as if there were none.
        self.pipe.set_ip_adapter_scale(float(self.options.ip_adapter_scale) if first else 0.0)
        made = self.pipe(
            prompt=_wording.prompt(commission), negative_prompt=_wording.avoided(commission),
            ip_adapter_image=first or Image.new("RGB", (64, 64), "white"),
            width=size[0], height=size[1], guidance_scale=float(self.options.guidance),
            num_inference_steps=self.options.steps or STEPS, generator=diffusing.seeded(commission.seed),
        )  # fmt: skip
        picture: Image.Image = made.images[0]
        return picture.convert("RGB")

    @classmethod
    def tiny(cls, folder: Path) -> Draughtsman:
        from studio.artists._miniatures import sdxl

        weights = sdxl(folder, IMAGE_ENCODER, Options().ip_adapter_file)
        options = {"side": 64, "steps": 2, **{role: str(path) for role, path in weights.items()}}
        return cls(options, weights)
