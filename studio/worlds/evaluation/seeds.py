"""Several trainings of one model: the mean over their seeds, with Student's interval."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

import numpy as np

from studio.worlds.evaluation.subjects import Subject

QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Of Student's t at 97.5% for 1 to 10 degrees of freedom."""


def over_seeds(subjects: list[Subject], results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each model with two or more weights that differ by seed alone, its rows over seeds: ``value`` is the mean of
    the seeds' values, ``low`` and ``high`` its 95% interval, ``n`` how many seeds."""
    by_label = {result["label"]: result for result in results}
    families = [list(group) for _, group in groupby(sorted(subjects, key=Subject.family), Subject.family)]
    families = [family for family in families if len(family) > 1 and _of_several_seeds(family)]
    return [
        {
            "label": f"{family[0].model.name}{apart}, {len(family)} seeds",
            "kind": by_label[family[0].label]["kind"],
            "labels": [subject.label for subject in family],
            "seeds": [subject.facts["seed"] for subject in family],
            "rows": _rows([by_label[subject.label]["rows"] for subject in family]),
        }
        for family, apart in zip(families, _apart([family[0] for family in families]), strict=True)
    ]


def _of_several_seeds(family: list[Subject]) -> bool:
    seeds = [subject.facts.get("seed") for subject in family]
    return None not in seeds and len(set(seeds)) == len(seeds)


def _apart(subjects: list[Subject]) -> list[str]:
    """What tells trainings of one model apart, for their labels: settings and losses that differ. What is too long for
    a column is only named."""
    told = []
    for subject in subjects:
        others = [_made_with(other) for other in subjects if other.model.name == subject.model.name]
        own = {k: v for k, v in _made_with(subject).items() if any(other.get(k) != v for other in others)}
        told.append("".join(f", {key} {value}" if len(value) <= 20 else f", {key}" for key, value in own.items()))
    return told


def _made_with(subject: Subject) -> dict[str, str]:
    settings = {key: str(value) for key, value in asdict(subject.model.config).items()}
    return {**settings, **{key: value for key, value in subject.facts.items() if key != "seed"}}


def identity(row: dict[str, Any]) -> tuple[Any, ...]:
    """What a row tells, whoever it is about."""
    return row["measure"], row["score"], row["part"], row["horizon"]


def _rows(each: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    tables = [{(*identity(row), row["column"]): row for row in rows} for rows in each]
    told = []
    for key, row in tables[0].items():
        values = [table[key]["value"] for table in tables if key in table]
        if len(values) < len(tables) or None in values:
            continue
        mean, spread = float(np.mean(values)), float(np.std(values, ddof=1))
        wide = QUANTILES[min(len(values) - 2, len(QUANTILES) - 1)] * spread / len(values) ** 0.5
        told.append({**row, "value": mean, "low": mean - wide, "high": mean + wide, "n": len(values), "detail": {}})
    return told
