"""One model's rows: its rollouts made once for all measures that want them, in every column."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from studio.worlds.data.manifest import Manifest
from studio.worlds.evaluation.dreaming import codec_of, coded, copied, dreamt
from studio.worlds.evaluation.futures import futures
from studio.worlds.evaluation.kept import Kept
from studio.worlds.evaluation.lab import Lab, LeftOut, Settings
from studio.worlds.evaluation.rollouts import Column, Rollouts, Wanted
from studio.worlds.evaluation.scores import Score, interval
from studio.worlds.evaluation.scratch import Scratch, scratch
from studio.worlds.evaluation.simulator import Simulator, has_simulator
from studio.worlds.evaluation.subjects import Subject
from studio.worlds.training.checks import publish_strip

REFERENCES: tuple[Column, ...] = ("copy_last", "real")
"""Columns that no model has a part in: computed once for all."""
OWN: tuple[Column, ...] = ("floor", "model")
Row = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """Where models are measured: on which footage, with which truth, and the folder for results."""

    kept: Kept
    simulator: Simulator | None
    lab: Lab
    out: Path


def facts_of(manifest: Manifest) -> set[str]:
    """What a measure may need and these data have."""
    found = {"truth"} | ({"simulator"} if has_simulator(manifest) else set())
    found |= {"boxes"} if manifest.kinds else set()
    found |= {"states"} if manifest.state_names else set()
    found |= {"camera"} if "camera" in manifest.state_names else set()
    return found | ({"actions"} if manifest.action_names else set())


def wants(module: ModuleType, settings: Settings) -> tuple[Wanted, ...]:
    """The rollouts that a measure asks for."""
    return module.wants(settings) if hasattr(module, "wants") else module.WANTS


def measured(subject: Subject | None, modules: dict[str, ModuleType], bench: Bench) -> tuple[list[Row], dict[str, str]]:
    """Rows of all ``modules``, and why some of them were left out. Without a subject: of the references."""
    settings, known = bench.lab.settings, facts_of(bench.kept.manifest)
    left_out: dict[str, str] = {}
    groups: dict[Wanted, dict[str, ModuleType]] = {}
    for name, module in modules.items():
        lacking = [need for need in getattr(module, "NEEDS", ()) if need not in known]
        if lacking:
            left_out[name] = f"the data has no {' and no '.join(lacking)}"
            continue
        for wanted in wants(module, settings):
            groups.setdefault(dataclasses.replace(wanted, samples=1), {})[name] = module
    rows: list[Row] = []
    for wanted, members in groups.items():
        with scratch(bench.out) as room:
            try:
                given = futures(bench.kept, bench.simulator, wanted, settings, room)
            except LeftOut as reason:
                left_out |= {called(name, wanted.keys): str(reason) for name in members}
                continue
            group = _Group(subject, given, members, _samples(wanted, members, settings), bench, room, left_out)
            rows += group.rows(strip=wanted == Wanted("recorded"))
    return rows, left_out


def called(name: str, keys: str) -> str:
    """A measure with the keys under which it was taken, where they are not what it always takes."""
    return name if keys in ("recorded", "branches") else f"{name}, {keys} keys"


def _samples(wanted: Wanted, members: dict[str, ModuleType], settings: Settings) -> int:
    """The most that any of these measures asks of this group."""
    asked = [w for module in members.values() for w in wants(module, settings)]
    same = [w for w in asked if dataclasses.replace(w, samples=1) == wanted]
    return max(settings.samples if w.samples is None else w.samples for w in same)


@dataclass(frozen=True)
class _Group:
    """Measures that want the same rollouts."""

    subject: Subject | None
    given: Rollouts
    members: dict[str, ModuleType]
    samples: int
    bench: Bench
    room: Scratch
    left_out: dict[str, str]

    def rows(self, strip: bool) -> list[Row]:
        lab, rows = self.bench.lab, []
        scored: dict[tuple[str, str], list[Score]] = {}
        for column in OWN if self.subject else REFERENCES:
            shown = self._shown(column)
            if shown is None:
                continue
            if strip and column == "model":
                self._strip(shown)
            held = dataclasses.replace(lab, model=self.subject.model if self.subject and column == "model" else None)
            for name, module in self.members.items():
                try:
                    scored[name, column] = module.measure(shown, held)
                except LeftOut as reason:
                    self.left_out[f"{called(name, self.given.keys)}, {column}"] = str(reason)
                    continue
                rows += [row_of(name, column, score, lab.settings.seed) for score in scored[name, column]]
        for name in self.members:
            own, ceiling = scored.get((name, "model"), []), scored.get((name, "floor"), [])
            rows += [row_of(name, "model", score, lab.settings.seed) for score in _shares(own, ceiling)]
        return rows

    def _shown(self, column: Column) -> Rollouts | None:
        """The rollouts with the frames of ``column``; None where there are none."""
        given, subject = self.given, self.subject
        if column == "copy_last":
            return given.shown_by(column, copied(given))
        if given.true is None and column != "model":
            return None
        if column == "real" or subject is None:
            return given
        if subject.is_codec:
            own = subject.model if column == "model" else None
            return self._coded(column, own)
        if column == "floor":
            return self._coded(column, codec_of(subject.model))
        seed = self.bench.lab.settings.seed
        return given.shown_by(column, dreamt(subject.model, given, self.samples, seed, self.room))

    def _coded(self, column: Column, codec: Any) -> Rollouts | None:
        if codec is None or self.given.true is None:
            return None
        return self.given.shown_by(column, coded(codec, self.given.true, self.room))

    def _strip(self, shown: Rollouts) -> None:
        """A picture of some rollouts: true frames over made ones, at the horizons."""
        assert self.subject is not None and shown.true is not None
        at = [horizon - 1 for horizon in self.bench.lab.settings.horizons if horizon <= shown.steps]
        name = f"{self.subject.model.name}-{self.subject.sha256[:12]}.png"
        publish_strip(self.bench.out / "strips" / name, shown.true[:, at], shown.made[:, at], 4)


def row_of(name: str, column: str, score: Score, seed: int) -> Row:
    """A score as the report keeps it."""
    low, high = interval(score.values, score.statistic, seed)
    return {
        **{"measure": name, "score": score.name, "part": score.part, "horizon": score.horizon, "unit": score.unit},
        **{"better": score.better, "column": column, "value": _number(score.statistic(score.values))},
        **{"low": _number(low), "high": _number(high), "n": len(score.values), "listed": score.listed},
        "detail": score.detail,
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _shares(own: list[Score], ceiling: list[Score]) -> list[Score]:
    """Scores beside their ceiling; both come from the same rollouts, which are drawn together."""
    found = {(score.name, score.part, score.horizon): score for score in ceiling}
    told = []
    for score in own:
        above = found.get((score.name, score.part, score.horizon))
        if score.of_ceiling and above is not None and above.values.shape == score.values.shape:
            both = np.stack([score.values, above.values], 1)
            name = f"{score.name}, share of the ceiling"
            told.append(Score(name, both, _share(score.statistic), score.part, score.horizon, better=score.better))
    return told


def _share(statistic: Any) -> Any:
    def share(values: np.ndarray) -> float:
        top = statistic(values[:, 1])
        return statistic(values[:, 0]) / top if top else math.nan

    return share
