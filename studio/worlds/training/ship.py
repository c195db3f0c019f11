"""Makes a finished training what ships with Studio: `python -m studio.worlds.training.ship RUN/MODEL [steps=2 …]`.

Words such as ``steps=2`` or ``temperature=0`` say how a model that samples is played; choose them on val levels.

`studio/worlds/weights` then has ``MODEL.safetensors`` as float16, and beside it what made it: ``MODEL.json`` (settings,
seed, data and codec by hash) and ``MODEL.csv`` (what was seen on other levels while it trained).
"""

from __future__ import annotations

import dataclasses
import json
import sys
from importlib.resources import files
from pathlib import Path

from studio.errors import BadInput, StudioError
from studio.publish import publish_bytes, publish_json
from studio.worlds.models.base import load_weights, weight_bytes

MOST = 20_000_000
"""Bytes of all that ships."""


def ship(run: Path, folder: Path, sampling: dict[str, float] | None = None) -> Path:
    """Publish the training in ``run`` in ``folder``, played with ``sampling`` (steps, guidance, temperature); gives
    the weights. Raises BadInput where it is not finished, cannot be sampled so, or the weights would be too many."""
    model = load_weights(run / "weights.safetensors")
    facts = json.loads((run / "settings.json").read_text("utf-8"))
    if sampling:
        if not hasattr(model, "sampling") or set(sampling) - {"steps", "guidance", "temperature"}:
            raise BadInput(f"{model.name} has no {', '.join(sampling)} to be played with")
        chosen = {**{k: getattr(model.config, k) for k in ("steps", "guidance", "temperature")}, **sampling}
        chosen["steps"] = int(chosen["steps"])
        model.sampling(**chosen)
        model.config = dataclasses.replace(model.config, **chosen)
        facts["sampling"] = chosen
    weights = weight_bytes(model, half=True, preset=facts["preset"], seed=str(facts["seed"]))
    path = folder / f"{model.name}.safetensors"
    others = sum(other.stat().st_size for other in folder.glob("*.safetensors") if other != path)
    if others + len(weights) > MOST:
        raise BadInput(f"{path.name} has {len(weights)} bytes; beside {others} that ship that is more than {MOST}")
    publish_bytes(path, weights)
    publish_json(path.with_suffix(".json"), facts)
    publish_bytes(path.with_suffix(".csv"), (run / "checks.csv").read_bytes())
    return path


def main(arguments: list[str]) -> int:
    """Ship the training that is named."""
    folder = Path(str(files("studio.worlds"))) / "weights"
    try:
        chosen = {word.partition("=")[0]: float(word.partition("=")[2]) for word in arguments[1:]}
        path = ship(Path(arguments[0]), folder, chosen)
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    except (IndexError, ValueError):
        print("name a finished training, and numbers to play it with: RUN/MODEL steps=2", file=sys.stderr)
        return 2
    except StudioError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
