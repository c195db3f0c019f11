"""How long and how hard to train: the presets of ``presets.toml``."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.errors import BadInput
from studio.worlds.training.precision import Precision


class Schedule(BaseModel):
    """One model's training. ``batch`` clips of ``length`` frames a step; the rate rises over ``warm_up`` steps and
    falls as a cosine to a tenth; ``precision`` no, or bf16 where the device has it (`effective`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    steps: int = Field(ge=1)
    batch: int = Field(ge=1)
    length: int = Field(ge=1)
    rate: float = Field(gt=0)
    warm_up: int = Field(20, ge=0)
    decay: float = Field(0.01, ge=0)
    ema: float = Field(0.999, ge=0, lt=1)
    clip: float = Field(1.0, gt=0)
    log_every: int = Field(10, ge=1)
    check_every: int = Field(500, ge=1)
    save_every: int = Field(250, ge=1)
    precision: Precision = "no"
    config: dict[str, Any] = {}


def _table() -> dict[str, Any]:
    return tomllib.loads(files("studio.worlds").joinpath("presets.toml").read_text("utf-8"))


def preset_names() -> list[str]:
    """Names of all presets."""
    return list(_table())


def schedule_of(preset: str, model: str, **changes: Any) -> Schedule:
    """The schedule of ``model`` in ``preset``, with fields changed that are not None.

    Raises BadInput for an unknown preset, a model that is not trained, or a field out of range.
    """
    table = _table()
    if preset not in table:
        raise BadInput(f"unknown preset {preset!r}; choose from: {', '.join(table)}")
    if model not in table[preset]:
        raise BadInput(f"{model} is not trained; choose from: {', '.join(table[preset])}")
    fields = {**table[preset][model], **{k: v for k, v in changes.items() if v is not None}}
    try:
        return Schedule(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{preset}.{model}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
