"""Models made ready for play: which ones are on the table, and which runtime steps each.

A latent_flow is exported once and stepped by ONNX Runtime (`RUNTIMES`); other models are stepped by torch as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from studio.errors import BadInput
from studio.worlds.models.base import WorldModel, model_class
from studio.worlds.shelf import PLAYED, UNTRAINED, open_world_model, shipped

RUNTIMES = ("int8", "float32", "torch")
MOST_STEPS = 8


@dataclass
class Players:
    """Models by word, opened when they are first played. ``exports``: folder that keeps the graphs."""

    words: Sequence[str]
    size: tuple[int, int]
    actions: Sequence[str]
    exports: Path
    runtime: str = "int8"
    threads: int = 0
    say: Callable[[str], None] = lambda line: None
    _open: dict[str, WorldModel] = field(default_factory=dict)

    def open(self, word: str) -> WorldModel:
        """Raises BadInput for a word that is not on the table, and where the model does not fit the footage."""
        if word not in self.words:
            raise BadInput(f"{word[:80]!r} is not being played; choose from: {', '.join(self.words)}")
        if word not in self._open:
            self._open[word] = ready(
                word, self.size, self.actions, self.exports, self.runtime, self.threads, self.say
            )  # fmt: skip
        return self._open[word]

    def about(self, word: str) -> dict[str, Any]:
        """What the page shows of a model that is open."""
        model = self.open(word)
        finest = getattr(model.config, "finest", 0)
        steps = [2**k for k in range(4) if 2**k <= min(finest, MOST_STEPS)] if hasattr(model, "sampling") else []
        return {"word": word, "model": model.name, "runtime": runtime_of(model), "steps": steps}


def on_the_table(words: Sequence[str]) -> list[str]:
    """The models to choose from: those named, the world models that ship, and ``copy_last``; the first is played
    first."""
    ship = sorted((word for word, path in shipped().items() if _plays(path)), key=lambda word: word != PLAYED)
    return list(dict.fromkeys([*words, *ship, *UNTRAINED]))


def _plays(path: Path) -> bool:
    """Whether a shipped file is a world model, and not a codec; the header alone is read."""
    try:
        with safe_open(path, "np") as file:
            name = json.loads((file.metadata() or {}).get("world_model", "{}")).get("model", "")
    except (SafetensorError, OSError, ValueError):
        return False
    return bool(name) and issubclass(model_class(name), WorldModel)


def ready(
    word: str, size: tuple[int, int], actions: Sequence[str], exports: Path, runtime: str = "int8", threads: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> WorldModel:  # fmt: skip
    """The model ``word`` (as in `studio.worlds.shelf`, or the folder of an export), ready to be stepped in real time.

    Raises BadInput for an unknown word or runtime, and where the model does not fit the footage.
    """
    if runtime not in RUNTIMES:
        raise BadInput(f"unknown runtime {runtime!r}; choose from: {', '.join(RUNTIMES)}")
    from studio.worlds.play.onnx_runtime import Exported, is_export

    if is_export(Path(word)):
        model: WorldModel = Exported(Path(word), threads)
    else:
        model = open_world_model(word, size, len(actions))
    model.play_game(actions)
    check_fits(word, model, size, len(actions))
    if isinstance(model, Exported) or model.name != "latent_flow" or runtime == "torch":
        return model.eval()
    exported = Exported(_exported(model, exports, runtime, say), threads)
    exported.games = model.games
    exported.play_game(actions)
    return exported.eval()


def _exported(model: WorldModel, exports: Path, runtime: str, say: Callable[[str], None]) -> Path:
    from studio.worlds.models.base import weight_bytes
    from studio.worlds.play.onnx_export import VERSION, export
    from studio.worlds.play.onnx_runtime import is_export, read_facts

    digest = hashlib.sha256(weight_bytes(model)).hexdigest()[:16]
    folder = exports / f"{digest}-{runtime}-{VERSION}"
    if is_export(folder):
        try:
            read_facts(folder)
            return folder
        except BadInput as error:
            say(f"{error}; exporting again")
    say(f"exporting {model.name} to {folder}")
    export(model, folder, int8=runtime == "int8")
    return folder


def check_fits(word: str, model: WorldModel, size: tuple[int, int], actions: int) -> None:
    """Raises BadInput where the frames or the actions are not the model's."""
    wants = (model.config.height, model.config.width)
    if wants != size or model.actions != actions:
        raise BadInput(
            f"{word} plays {wants[0]}x{wants[1]} frames with {model.actions} actions; the footage has "
            f"{size[0]}x{size[1]} and {actions}; choose other --data"
        )


def runtime_of(model: WorldModel) -> str:
    """What steps the model, in a word or two."""
    if hasattr(model, "int8"):
        return "ONNX int8" if model.int8 else "ONNX float32"
    return "torch"
