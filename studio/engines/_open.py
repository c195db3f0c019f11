"""What the open models other than Wan have in common: one repository each, sizes of their own, LoRAs where they fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image
from pydantic import Field

from studio.engines import _images, _loading, _lora
from studio.engines._diffusers import DiffusersEngine, DiffusersOptions
from studio.errors import EngineFailed
from studio.story.brief import Brief
from studio.weights import Weight


class OpenOptions(DiffusersOptions):
    model: str = ""
    """Folder or repository of the weights; empty: the one that belongs to the engine."""


class LoraOptions(OpenOptions):
    """Of models for which diffusers loads LoRAs."""

    lora: str = ""
    """A LoRA of the user's own: a file, or a folder that holds one."""
    lora_scale: float = Field(1.0, gt=0, le=2)
    lora_licence: str = _lora.UNSTATED


class OpenEngine(DiffusersEngine):
    """Subclasses set ``pipelines`` with the role ``model``, ``repository`` and what differs from the shared base."""

    Options = OpenOptions
    lora_into: ClassVar[str] = "transformer"
    """The component that a LoRA is added to."""

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        if lora := getattr(self.options, "lora", ""):
            part = _lora.part(self.options.lora_licence)
            self.licence = replace(self.licence, components={**self.licence.components, "lora": part})
            self.needs = replace(self.needs, weights=(*self.needs.weights, Weight("lora", lora)))

    def repository(self) -> str:
        """Where the weights come from, as the options choose."""
        raise NotImplementedError

    def sources(self) -> dict[str, str]:
        return {"model": self.options.model or self.repository()}

    def parameters(self) -> dict[str, Any]:
        return {k: v for k, v in super().parameters().items() if k not in ("lora", "lora_licence")}

    def config(self, component: str) -> dict[str, Any]:
        """``config.json`` of a component of the weights that are here; empty without weights."""
        return read_config(self.weights["model"] / component) if "model" in self.weights else {}

    def equip(self, pipe: Any, role: str) -> None:
        if getattr(self.options, "lora", ""):
            if "lora" not in self.weights:
                raise EngineFailed(f"the LoRA {self.options.lora} is not here")
            _loading.fuse_lora(pipe, self.weights["lora"], self.options.lora_scale, self.lora_into)

    def first(self, brief: Brief) -> Image.Image:
        """The brief's first frame, filling the clip's size."""
        return _images.filling(_images.picture(brief, brief.first_frame), brief.width, brief.height)

    def last(self, brief: Brief) -> Image.Image | None:
        """The picture that the clip should end on, filling its size."""
        sha256 = brief.parameters.get("last_frame")
        return _images.filling(_images.picture(brief, str(sha256)), brief.width, brief.height) if sha256 else None


def read_config(folder: Path) -> dict[str, Any]:
    """``config.json`` of a component's folder; empty where there is none."""
    path = folder / "config.json"
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EngineFailed(f"{path} is not readable: {error}") from None
    return found
