"""Motion alone, which every model that is given it must beat: what moves moves on, whatever is done."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from studio.worlds.models import copy_last
from studio.worlds.models._motion import carried_on


class Model(copy_last.Model):
    """Carries the last two frames on by the motion between them, again and again. Has no weights."""

    name = "move_on"

    @classmethod
    def tiny(cls) -> Model:
        """For 32×48 frames and 4 actions."""
        return cls(copy_last.Config(32, 48, 4))

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        return {"before": frames[:, -2:][:, 0].clone(), "last": frames[:, -1].clone()}

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        made = carried_on(context["before"], context["last"])
        context["before"], context["last"] = context["last"], made
        return made.clone()
