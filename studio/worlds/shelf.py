"""Which model is meant by a word: a file of weights, what ships with Studio, or one that needs none."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import BadInput

if TYPE_CHECKING:
    from studio.worlds.models.base import WorldModel

UNTRAINED = ("copy_last", "move_on")
PLAYED = "pixel_film"
"""What is played where nobody names a model: of those that ship it obeys keys best."""


def shipped() -> dict[str, Path]:
    """Weights that come with Studio, by model."""
    folder = Path(str(files("studio.worlds"))) / "weights"
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))}


def open_model(wanted: str, size: tuple[int, int] = (96, 128), actions: int = 8) -> Any:
    """``wanted``: a path of weights (``*.safetensors``), a model that ships, or one of `UNTRAINED` for frames of
    ``size`` with so many ``actions``. Raises BadInput for anything else."""
    from studio.worlds.models.base import build, load_weights  # torch: whoever only looks what is there needs none

    if wanted in UNTRAINED:
        return build(wanted, {"height": size[0], "width": size[1], "actions": actions})
    if wanted.endswith(".safetensors"):
        return load_weights(Path(wanted))
    if wanted not in shipped():
        choices = ", ".join([*shipped(), *UNTRAINED])
        raise BadInput(f"no weights for {wanted!r}; choose from: {choices}, or give a path to a .safetensors")
    return load_weights(shipped()[wanted])


def open_world_model(wanted: str, size: tuple[int, int] = (96, 128), actions: int = 8) -> WorldModel:
    """`open_model`, where a codec will not do. Raises BadInput."""
    from studio.worlds.models.base import WorldModel

    model = open_model(wanted, size, actions)
    if not isinstance(model, WorldModel):
        raise BadInput(f"{wanted} is a {model.name}, which turns frames into latents; a world model is wanted")
    return model
