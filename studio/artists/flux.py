"""flux: FLUX.1; later views are drawn in context, beside the first one on one canvas, or by FLUX.1 Kontext.

A transformer that draws two panels of one picture draws the same subject in both (Huang et al. 2024, In-Context LoRA;
Shin et al. 2024, Diptych Prompting). So the first view is laid into the left panel and kept, and the right one is
painted: with the same weights, under the same licence, and free to turn the subject round. Image-to-image keeps the
pose that a new view must change; Redux carries a subject's style rather than its face, and is not free. Kontext is
trained for just this and better at it, but for non-commercial use alone: it is used where ``kontext`` names it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from pydantic import Field

from studio import diffusing
from studio.artists import _wording
from studio.artists._drawing import MULTIPLE, DiffusersArtist, DrawingOptions
from studio.artists.base import Commission
from studio.licences import Licence, Part
from studio.story.document import Character
from studio.tool import Needs
from studio.weights import Weight

FREE = Part("Apache-2.0")
NON_COMMERCIAL = Part("FLUX.1-dev-Non-Commercial", "the model is not for commercial use; its pictures may be used")
DERIVED = Part("FLUX.1-dev-Non-Commercial", "models made from it, and from its pictures, stay under its terms")
FILES = ("model_index.json", "*/*")
"""Not the single-file copies at the top of the repositories."""


class Options(DrawingOptions):
    """``model`` and ``kontext``: repositories or folders. ``guidance`` is used by models that were distilled with it
    (dev and Kontext, not schnell)."""

    model: str = "black-forest-labs/FLUX.1-schnell"
    kontext: str = ""
    guidance: float = Field(3.5, ge=0, le=20)


class Draughtsman(DiffusersArtist):
    Options = Options
    version = "flux-1"

    @property
    def licence(self) -> Licence:  # type: ignore[override]
        free = "schnell" in self.options.model.rpartition("/")[2].lower()
        kontext = {"FLUX.1 Kontext": NON_COMMERCIAL} if self.options.kontext else {}
        return Licence(
            weights=FREE if free else NON_COMMERCIAL,
            components={"text encoder T5 v1.1 XXL": FREE, "text encoder CLIP ViT-L": Part("MIT"), **kontext},
            derivatives=Part() if free and not kontext else DERIVED,
        )  # fmt: skip

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        options = self.options
        kontext = (Weight("kontext", options.kontext, 31.5, True, FILES),) if options.kontext else ()
        return Needs((Weight("model", options.model, 31.5, True, FILES), *kontext), vram_gib=36.0)

    def load(self, where: str) -> Any:
        from diffusers import FluxPipeline

        pipe = diffusing.load(FluxPipeline, self.weights["model"], self._dtype(where))
        diffusing.place(pipe, where)
        return pipe

    def _dtype(self, where: str) -> Any:
        import torch

        return torch.bfloat16 if where == "cuda" else torch.float32

    @cached_property
    def _painter(self) -> Any:
        from diffusers import FluxInpaintPipeline

        return FluxInpaintPipeline(**self.pipe.components)

    @cached_property
    def _turner(self) -> Any:
        """Kontext: another transformer between the same encoders and VAE."""
        from diffusers import FluxKontextPipeline

        shared = ("vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")
        parts = {name: self.pipe.components[name] for name in shared}
        return diffusing.load(FluxKontextPipeline, self.weights["kontext"], self._dtype(diffusing.device()), **parts)

    def sketch(self, commission: Commission, size: tuple[int, int], first: Image.Image | None) -> Image.Image:
        if first is None:
            return self._drawn(self.pipe, commission, size, prompt=_wording.prompt(commission))
        if self.options.kontext:
            asked = f"The same {_what(commission)}, now as {_wording.prompt(commission)}"
            shown = _panel(first, _sides(first.size))
            kept = {"image": shown, "max_area": size[0] * size[1], "_auto_resize": False}
            return self._drawn(self._turner, commission, size, prompt=asked, **kept)
        return self._beside(commission, size, first)

    def _beside(self, commission: Commission, size: tuple[int, int], first: Image.Image) -> Image.Image:
        width, height = size
        canvas, mask = Image.new("RGB", (2 * width, height), "white"), Image.new("L", (2 * width, height), 0)
        canvas.paste(_panel(first, size), (0, 0))
        mask.paste(255, (width, 0, 2 * width, height))
        told = (
            f"Two pictures of the same {_what(commission)} side by side. On the left: {_first(commission)}. "
            f"On the right: {_wording.prompt(commission)}"
        )
        whole = self._drawn(
            self._painter, commission, (2 * width, height), prompt=told, image=canvas, mask_image=mask, strength=1.0
        )
        return whole.crop((width, 0, 2 * width, height))

    def _drawn(self, pipe: Any, commission: Commission, size: tuple[int, int], **asked: Any) -> Image.Image:
        if self.__dict__.get("_placed", self.pipe) is not pipe:
            diffusing.place(pipe, diffusing.device())
        self.__dict__["_placed"] = pipe
        guided = bool(pipe.transformer.config.guidance_embeds)
        made = pipe(
            width=size[0], height=size[1], generator=diffusing.seeded(commission.seed),
            num_inference_steps=self.options.steps or (28 if guided else 4),
            guidance_scale=float(self.options.guidance) if guided else 0.0,
            max_sequence_length=512 if guided else 256, **asked,
        )  # fmt: skip
        picture: Image.Image = made.images[0]
        return picture.convert("RGB")

    def close(self) -> None:
        for name in ("_painter", "_turner", "_placed"):
            self.__dict__.pop(name, None)
        super().close()

    @classmethod
    def tiny(cls, folder: Path, kontext: bool = False) -> Draughtsman:
        from studio.artists._miniatures import flux

        weights = flux(folder, kontext)
        return cls({"side": 64, "steps": 2, **{role: str(path) for role, path in weights.items()}}, weights)


def _what(commission: Commission) -> str:
    if not isinstance(commission.subject, Character):
        return "place"
    return "person" if commission.subject.kind == "person" else commission.subject.kind


def _first(commission: Commission) -> str:
    return _wording.SHOWN["front" if isinstance(commission.subject, Character) else "wide"]


def _panel(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The whole picture in the middle of a white panel."""
    return ImageOps.pad(picture, size, Image.Resampling.LANCZOS, color="white")


def _sides(size: tuple[int, int]) -> tuple[int, int]:
    """The nearest sides that are multiples of ``MULTIPLE``, of a picture no larger than a megapixel."""
    shrink = min(1.0, (1024 * 1024 / (size[0] * size[1])) ** 0.5)
    width, height = (max(MULTIPLE, round(side * shrink / MULTIPLE) * MULTIPLE) for side in size)
    return width, height
