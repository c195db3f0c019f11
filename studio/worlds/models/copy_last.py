"""The least that a model must beat: nothing ever changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from studio.worlds.models.base import WorldModel


@dataclass(frozen=True)
class Config:
    """Frame size and number of actions."""

    height: int = 96
    width: int = 128
    actions: int = 8


class Model(WorldModel):
    """Shows the last true frame for ever. Has no weights."""

    name = "copy_last"
    config_class = Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config

    @classmethod
    def tiny(cls) -> Model:
        """For 32×48 frames and 4 actions."""
        return cls(Config(32, 48, 4))

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        return {"last": frames[:, -1].clone()}

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        return context["last"].clone()
