"""How fast models are as they are played: one game, one frame a step, each model in a process of its own.

`python -m studio.worlds.evaluation.speed MODEL STEPS THREADS` is that process; it prints one row as JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.errors import BadInput, EngineFailed
from studio.plugins import names

WARM_UP = 8
"""Steps before the clock runs."""
CONTEXT = 16
"""True frames before the first step: the window of the models that look furthest back is full."""


def bench(
    models: list[str], steps: int = 60, threads: int = 0, say: Callable[[str], None] = lambda line: None
) -> list[dict[str, Any]]:
    """Rows of model, fps, latency_ms (median of a step), latency_p95_ms, cpu_ms (processor time a step, of
    all threads: what to go by where others use the machine too), memory_mb (most that the process ever held),
    libraries_mb (the part of it that was there before the model: torch with CUDA alone is half a gigabyte), parameters
    (with the codec's), weights (*shipped*, *random*, *none*, or the file), threads, size, steps.

    ``models``: names or paths of weights; none: all world models. Raises BadInput for anything else, EngineFailed
    where a process dies.
    """
    from studio.worlds.models.base import WorldModel, model_class

    classes = {name: model_class(name) for name in names("worlds.models")}
    worlds = [
        f"{name}:{size}" if size else name
        for name, cls in classes.items()
        if issubclass(cls, WorldModel)
        for size in cls.sizes or [""]
    ]
    for model in models:
        if not model.endswith(".safetensors") and model not in {*worlds, *(w.partition(":")[0] for w in worlds)}:
            raise BadInput(f"{model!r} is no world model; choose from: {', '.join(worlds)}, or give a .safetensors")
    rows = []
    for model in models or worlds:
        say(f"{model}: {steps} steps")
        rows.append(_apart(model, steps, threads))
    return rows


def _apart(model: str, steps: int, threads: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "studio.worlds.evaluation.speed", model, str(steps), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        last = said[-1] if said else f"it ended with {done.returncode}"
        if done.returncode == BadInput.exit_code:
            raise BadInput(last)
        raise EngineFailed(f"{model} could not be timed: {last}")
    return json.loads(done.stdout.splitlines()[-1])


def timed(wanted: str, steps: int, threads: int) -> dict[str, Any]:
    """A row of `bench`, measured in this process. Raises BadInput for weights that cannot be loaded."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    before = peak_memory()
    model, weights = _opened(wanted)
    config, generator = model.config, torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (1, CONTEXT, config.height, config.width, 3), dtype=torch.uint8, generator=generator)
    actions = torch.randint(0, config.actions, (WARM_UP + steps,), generator=generator)
    context = model.init_context(frames, torch.zeros((1, CONTEXT - 1), dtype=torch.long))
    seconds, busy = [], 0.0
    for number, action in enumerate(actions):
        if number == WARM_UP:
            busy = time.process_time()
        begun = time.perf_counter()
        model.step(context, action[None], generator)
        seconds.append(time.perf_counter() - begun)
    kept, busy = torch.tensor(seconds[WARM_UP:]), time.process_time() - busy
    return {
        **{
            "model": model.name if wanted.endswith(".safetensors") else wanted,
            "fps": len(kept) / float(kept.sum()),
            "latency_ms": float(kept.median()) * 1e3,
        },
        **{"latency_p95_ms": float(kept.quantile(0.95)) * 1e3, "cpu_ms": busy / steps * 1e3},
        **{"memory_mb": peak_memory() / 1e6, "libraries_mb": before / 1e6},
        **{"parameters": sum(p.numel() for p in model.parameters()), "weights": weights},
        **{"threads": torch.get_num_threads(), "size": f"{config.height}x{config.width}", "steps": steps},
    }


def _opened(wanted: str) -> tuple[Any, str]:
    from studio.worlds.models.base import WorldModel, build, sized
    from studio.worlds.shelf import UNTRAINED, open_world_model, shipped

    if wanted.endswith(".safetensors"):
        return open_world_model(wanted), wanted
    if wanted in UNTRAINED:
        return open_world_model(wanted), "none"
    if wanted in shipped():
        return open_world_model(wanted), "shipped"
    name, _, size = wanted.partition(":")
    model = build(name, sized(name, size)).eval()
    assert isinstance(model, WorldModel)
    return model, "random"


def peak_memory() -> int:
    """Bytes that this process held at most. Linux tells it of this program alone; `getrusage` would include what the
    parent held when it started this process."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(arguments: list[str]) -> int:
    """The process of one model."""
    try:
        print(json.dumps(timed(arguments[0], int(arguments[1]), int(arguments[2]))))
    except BadInput as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
