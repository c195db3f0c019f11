"""One evaluation: models on kept-out footage, every measure, every column; what is finished is not computed again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from studio.errors import BadInput
from studio.plugins import load, names
from studio.publish import crash_point, publish_json
from studio.worlds.data.manifest import sha256_of
from studio.worlds.evaluation.kept import Kept
from studio.worlds.evaluation.lab import Lab, Settings
from studio.worlds.evaluation.measuring import Bench, measured
from studio.worlds.evaluation.seeds import over_seeds
from studio.worlds.evaluation.simulator import Simulator, has_simulator
from studio.worlds.evaluation.subjects import Subject

FAMILY = "worlds.evaluation.measures"
MEASURING = (".py", ".safetensors")
UNMEASURED = ("table.py", "speed.py", "seeds.py")
"""Results depend on the code and the weights of this folder, but for these files."""
Say = Callable[[str], None]


def evaluate(
    subjects: list[Subject], data: Path, settings: Settings, out: Path, skip_damaged: bool = False, say: Say = print
) -> dict[str, Any]:
    """The report, which is also published as ``out/report.json``; beside it ``results/`` (a file a model, found again
    by weights, data, settings and the measures' code) and ``strips/``.

    Raises BadInput for unknown measures, a data set without the split, horizons that it does not allow, or a measure
    that is asked for by name and cannot be taken of these models.
    """
    kept = Kept(data, settings.split, skip_damaged, say)
    settings = allowed(settings, kept, say)
    for subject in subjects:
        chosen(settings, subject.is_codec)
    lab = Lab(data, kept.manifest, settings, out / "cache", threads=torch.get_num_threads(), say=say)
    results = []
    with ExitStack() as stack:
        simulator = None
        if has_simulator(kept.manifest):
            simulator = Simulator(kept)
            stack.callback(simulator.close)
        for codec in sorted({subject.is_codec for subject in subjects}):
            results.append(_finished(None, codec, Bench(kept, simulator, lab, out)))
        for subject in subjects:
            results.append(_finished(subject, subject.is_codec, Bench(kept, simulator, lab, out)))
    report = {
        "schema_version": 1,
        "data": {"sha256": sha256_of(data / "manifest.json"), "recipe": kept.manifest.recipe, "split": settings.split},
        "settings": dataclasses.asdict(settings),
        "models": [subject.told() for subject in subjects],
        "results": results,
        "seeds": over_seeds(subjects, results),
    }
    publish_json(out / "report.json", report)
    return report


def allowed(settings: Settings, kept: Kept, say: Say) -> Settings:
    """``settings`` with the horizons that the data's longest episode allows. Raises BadInput where it allows none."""
    furthest = kept.furthest(settings.context)
    horizons = tuple(h for h in settings.horizons if h <= furthest)
    if not horizons:
        raise BadInput(
            f"{kept.folder}: episodes of split {kept.split} go on for {max(0, furthest)} frames after "
            f"{settings.context} of context; choose nearer --horizons or a smaller --context"
        )
    if horizons != settings.horizons:
        beyond = ", ".join(str(h) for h in settings.horizons if h > furthest)
        say(f"horizon {beyond} is left out: no episode goes on for so long")
    return dataclasses.replace(settings, horizons=horizons)


def chosen(settings: Settings, codec: bool) -> dict[str, ModuleType]:
    """The measures to take, by name. Raises BadInput for one that does not exist or is for the other kind of model."""
    unknown = [name for name in settings.only if name not in names(FAMILY)]
    if unknown:
        raise BadInput(f"unknown measure {unknown[0]!r}; choose from: {', '.join(names(FAMILY))}")
    found = {name: load(FAMILY, name) for name in names(FAMILY) if name in (settings.only or names(FAMILY))}
    fit = {name: module for name, module in found.items() if (getattr(module, "MEASURES", "") == "codec") is codec}
    if not fit:
        asked, kind = ", ".join(settings.only), "a codec" if codec else "a world model"
        raise BadInput(f"{asked} cannot be measured of {kind}; leave --measures or the model out")
    return fit


def _finished(subject: Subject | None, codec: bool, bench: Bench) -> dict[str, Any]:
    """A model's result (None: the references for its kind), from its file where that is there."""
    kind = "codec" if codec else "world_model"
    name = subject.model.name if subject else f"references-{kind}"
    key = _key(subject.sha256 if subject else name, bench)
    label = subject.label if subject else "references"
    path = bench.out / "results" / f"{name}-{key[:12]}.json"
    if (before := _measured_before(path, bench.lab.say)) is not None:
        bench.lab.say(f"{label}: measured before, see {path}")
        return {**before, "label": label}
    bench.lab.say(f"{label}: measuring")
    rows, left_out = measured(subject, chosen(bench.lab.settings, codec), bench)
    result = {"label": label, "kind": kind, "key": key, "rows": rows, "left_out": left_out}
    publish_json(path, result)
    crash_point("model-evaluated")
    return result


def _measured_before(path: Path, say: Say) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        say(f"{path} is damaged; it is measured again")
        return None


def _key(identity: str, bench: Bench) -> str:
    folder = Path(__file__).parent
    code = sorted(p for p in folder.rglob("*") if p.suffix in MEASURING and p.name not in UNMEASURED)
    parts = [identity, sha256_of(bench.kept.folder / "manifest.json")]
    parts += [json.dumps(dataclasses.asdict(bench.lab.settings)), *(shard.sha256 for shard in bench.kept.shards)]
    return hashlib.sha256("\n".join([*parts, *map(sha256_of, code)]).encode()).hexdigest()
