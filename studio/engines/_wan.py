"""What Wan 2.1 and 2.2 have in common: four pipelines, one of them picked for each piece of a shot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image
from pydantic import Field, model_validator

from studio.engines import _images, _loading, _lora, _vace
from studio.engines._diffusers import Call, DiffusersEngine, DiffusersOptions
from studio.engines._frames import Piece, pieces
from studio.engines.base import Capabilities
from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.story.brief import Brief
from studio.weights import Weight

VACE_OVERLAP = 5
"""Frames that VACE continues from: two frames of latents, so that motion goes on."""
SHIFT_480P, SHIFT_720P = 3.0, 5.0
"""flow_shift by size, as the model cards say."""
BETWEEN = (832 * 480 + 1280 * 720) // 2
"""Pixels of a frame from which 720p's shift counts."""


class WanOptions(DiffusersOptions):
    t2v: str = ""
    i2v: str = ""
    flf2v: str = ""
    vace: str = ""
    size: str = ""
    preset: str = ""
    """A few-step LoRA by name; sets steps, guidance and shift where they are not set themselves."""
    lora: str = ""
    """A LoRA of the user's own: a file, or a folder that holds one."""
    lora_scale: float = Field(1.0, gt=0, le=2)
    lora_licence: str = _lora.UNSTATED
    flow_shift: float | None = Field(None, gt=0, le=20)
    """None: 3 at 480p, 5 at 720p."""
    max_references: int = Field(4, ge=1, le=8)
    """Pictures that VACE is shown; each costs four frames of work."""
    presets: ClassVar[Mapping[str, Mapping[str, _lora.Preset]]] = {}
    """Size -> name -> few-step LoRAs."""

    @model_validator(mode="after")
    def _preset_is_known(self) -> WanOptions:
        choices = self.presets.get(self.size, {})
        if self.preset and self.preset not in choices:
            known = ", ".join(choices) or "none is known"
            raise ValueError(f"preset {self.preset!r} is not one for size {self.size}; choose from: {known}")
        return self

    def chosen(self) -> _lora.Preset | None:
        """The few-step LoRAs of ``preset``."""
        return self.presets[self.size][self.preset] if self.preset else None


class WanEngine(DiffusersEngine):
    """Subclasses name repositories and presets."""

    Options = WanOptions
    prompt_family = "wan"
    capabilities = Capabilities(
        fps=16.0, frame_step=4, frame_offset=1, max_frames=481, size_multiple=16,
        first_frame=True, last_frame=True, references=True,
    )  # fmt: skip
    licence = Licence(weights=Part("Apache-2.0"))
    pipelines: ClassVar[Mapping[str, str]] = {
        "vace": "WanVACEPipeline", "t2v": "WanPipeline",
        "i2v": "WanImageToVideoPipeline", "flf2v": "WanImageToVideoPipeline",
    }  # fmt: skip
    full_precision = ("vae", "image_encoder")
    separate_guidance = True
    packages = ("ftfy",)
    repositories: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Size -> role -> repository."""
    vram: ClassVar[Mapping[str, float]] = {}
    """Size -> GiB of GPU memory by its model card, where that says so; with less, weights are streamed."""

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        unset = {key: value for key, value in self.own().items() if key not in self.options.model_fields_set}
        self.options = self.options.model_copy(update=unset)
        self.needs = replace(self.needs, vram_gib=self.vram.get(self.options.size, 0.0))
        if loras := self._loras():
            self.licence = replace(self.licence, components={role: part for role, (_, part) in loras.items()})
        if self.weights:
            starts = bool({"i2v", "vace"} & set(self.weights))
            self.capabilities = replace(
                self.capabilities, first_frame=starts, references="vace" in self.weights,
                last_frame=starts and bool({"flf2v", "vace"} & set(self.weights)),
                max_frames=self.capabilities.max_frames if starts else self.per_call,
            )  # fmt: skip

    # Options

    def own(self) -> dict[str, Any]:
        """Options that the chosen preset sets where the user did not."""
        preset = self.options.chosen()
        if preset is None:
            return {}
        return {"steps": preset.steps, "guidance": preset.guidance, "flow_shift": preset.flow_shift}

    def sources(self) -> dict[str, str]:
        known = self.repositories[self.options.size]
        return {role: getattr(self.options, role) or known.get(role, "") for role in self.pipelines}

    def _loras(self) -> dict[str, tuple[_lora.Lora, Part]]:
        """Role as a weight -> LoRA and its licence: those of the preset, and the user's own."""
        preset, found = self.options.chosen(), {}
        for lora in preset.loras if preset else ():
            found[f"{self.options.preset}_{lora.roles[0]}_{lora.into}"] = lora, preset.licence
        if self.options.lora:
            own = _lora.Lora(self.options.lora, tuple(self.pipelines))
            found["lora"] = own, _lora.part(self.options.lora_licence)
        return found

    def _wanted(self) -> list[Weight]:
        here = set(self.weights) & set(self.pipelines) or set(self.pipelines)
        loras = [Weight(role, lora.source) for role, (lora, _) in self._loras().items() if here & set(lora.roles)]
        return super()._wanted() + loras

    def parameters(self) -> dict[str, Any]:
        return {k: v for k, v in super().parameters().items() if k not in ("lora", "lora_2", "lora_licence")}

    # Which pipeline

    def role(self, brief: Brief, piece: Piece) -> str:
        here = set(self.weights)
        if piece.overlap > 1:  # only VACE starts from more than one frame
            return "vace"
        starts = bool(piece.overlap or (piece.index == 0 and brief.first_frame))
        ends = bool(piece.final and brief.parameters.get("last_frame"))
        shown = brief.references and (brief.characters or not starts)
        if "vace" in here and shown:
            return "vace"
        if ends:
            choices = ["flf2v", "vace"] if starts else ["vace"]
        else:
            choices = ["i2v", "vace"] if starts else ["t2v", "vace"]
        for role in choices:
            if role in here:
                return role
        asked = {(0, 0): "begin with text alone", (1, 0): "start from a frame", (0, 1): "end on a frame"}
        wanted = asked.get((int(starts), int(ends)), "go from one frame to another")
        raise BadInput(
            f"engine {brief.engine} cannot {wanted} with {', '.join(sorted(here))}; get {choices[0]} or vace"
        )

    def pieces(self, brief: Brief) -> list[Piece]:
        if brief.frames <= self.per_call:
            return pieces(brief.frames, self.capabilities, self.per_call, 0)
        goes_on = self.role(brief, Piece(self.per_call, 1, 1, final=False))
        return pieces(brief.frames, self.capabilities, self.per_call, VACE_OVERLAP if goes_on == "vace" else 1)

    def remarks(self, brief: Brief) -> list[str]:
        if brief.references and "vace" not in self.weights:
            return ["the references are not shown to the model: that takes VACE, which is not here"]
        return []

    # One call

    def inputs(self, pipe: Any, call: Call) -> dict[str, Any]:
        brief, ends = call.brief, call.piece.final and call.brief.parameters.get("last_frame")
        last = self._fitted(brief, str(ends)) if ends else None
        if call.role == "vace":
            return _vace.conditions(brief, call.piece.frames, call.tail, last, self.options.max_references)
        if call.role == "t2v":
            return {}
        first = Image.fromarray(call.tail[-1]) if call.tail is not None else self._fitted(brief, brief.first_frame)
        return {"image": first, **({"last_image": last} if last is not None else {})}

    def _fitted(self, brief: Brief, sha256: str) -> Image.Image:
        return _images.filling(_images.picture(brief, sha256), brief.width, brief.height)

    def prepare(self, pipe: Any, brief: Brief) -> None:
        from diffusers import UniPCMultistepScheduler

        shift = self.options.flow_shift or (SHIFT_720P if brief.width * brief.height >= BETWEEN else SHIFT_480P)
        pipe.scheduler = UniPCMultistepScheduler.from_config(
            pipe.scheduler.config, flow_shift=shift, prediction_type="flow_prediction", use_flow_sigmas=True
        )

    def equip(self, pipe: Any, role: str) -> None:
        for name, (lora, _) in self._loras().items():
            if role in lora.roles and getattr(pipe, lora.into, None) is not None:
                scale = self.options.lora_scale if name in ("lora", "lora_2") else 1.0
                _loading.fuse_lora(pipe, self.weights[name], scale, lora.into)
