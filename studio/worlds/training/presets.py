"""How long and how hard to train: the presets of ``presets.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import fields
from importlib.resources import files
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from studio.errors import BadInput
from studio.worlds.models.base import model_class
from studio.worlds.training.precision import Precision

GIVEN = ("height", "width", "actions", "codec", "codec_config")
"""Settings of models that come from the data and the codec."""
FURTHER = ("perceptual", "action_consistency")
"""Fields of a schedule that weigh losses beside the model's own."""


class Schedule(BaseModel):
    """One model's training. ``batch`` clips of ``length`` frames a step; the rate rises over ``warm_up`` steps and
    falls as a cosine to a tenth; ``precision`` no, or bf16 where the device has it (`effective`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    steps: int = Field(ge=1)
    batch: int = Field(ge=1)
    length: int = Field(ge=1)
    rate: float = Field(gt=0, allow_inf_nan=False)
    warm_up: int = Field(20, ge=0)
    decay: float = Field(0.01, ge=0)
    ema: float = Field(0.999, ge=0, lt=1)
    clip: float = Field(1.0, gt=0)
    log_every: int = Field(10, ge=1)
    check_every: int = Field(500, ge=1)
    save_every: int = Field(250, ge=1)
    precision: Precision = "no"
    perceptual: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Weight of a loss in features of made frames (`studio.worlds.training.further`)."""
    action_consistency: float = Field(0.0, ge=0, allow_inf_nan=False)
    """Weight of a loss of the actions that are read from made frames."""
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


def config_changes(model: str, words: Sequence[str]) -> dict[str, Any]:
    """``["past=2", "widths=[32,48]"]`` as settings of ``model``, values as in TOML. Raises BadInput for a setting that
    it has not got, one that comes from the data, or a value of another kind."""
    config_class = model_class(model).config_class
    types = {f.name: t for f in fields(config_class) for t in [get_type_hints(config_class)[f.name]]}
    own = [name for name in types if name not in GIVEN]
    changes = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        if not equals or name not in own:
            raise BadInput(
                f"--set {word!r} cannot be used; write FIELD=VALUE, with a field of {model}: {', '.join(own)}"
            )
        try:
            changes[name] = TypeAdapter(types[name]).validate_python(_value(text))
        except ValidationError as error:
            raise BadInput(f"--set {word!r}: {error.errors()[0]['msg']}") from None
    return changes


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:  # a word without quotation marks
        return text
