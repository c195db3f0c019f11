"""Several trainings of one model: the mean over their seeds, with Student's interval."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from studio.worlds.evaluation.subjects import Subject

QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Of Student's t at 97.5% for 1 to 10 degrees of freedom."""


def over_seeds(subjects: list[Subject], results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each model with two or more weights that differ by seed alone, its rows over seeds: ``value`` is the mean of
    the seeds' values, ``low`` and ``high`` its 95% interval, ``n`` how many seeds."""
    summaries, families = [], []
    by_label = {result["label"]: result for result in results}
    for _, group in groupby(sorted(subjects, key=Subject.family), Subject.family):
        same = list(group)
        seeds = [subject.facts.get("seed") for subject in same]
        if len(same) < 2 or None in seeds or len(set(seeds)) < len(seeds):
            continue
        families.append(same[0])
        summaries.append(
            {
                "label": f"{same[0].model.name}, {len(same)} seeds",
                "kind": by_label[same[0].label]["kind"],
                "labels": [subject.label for subject in same],
                "seeds": seeds,
                "rows": _rows([by_label[subject.label]["rows"] for subject in same]),
            }
        )
    for summary, apart in zip(summaries, _apart(families), strict=True):
        summary["label"] = summary["label"].replace(",", f"{apart},", 1)
    return summaries


def _apart(families: list[Subject]) -> list[str]:
    """What tells families of one model from each other, for their labels: of what their trainings wrote, what differs.
    What is too long for a column is only named."""
    told = []
    for family in families:
        others = [other.facts for other in families if other.model.name == family.model.name]
        facts = {key: value for key, value in family.facts.items() if key != "seed"}
        own = {key: value for key, value in facts.items() if any(other.get(key) != value for other in others)}
        told.append("".join(f", {key} {value}" if len(value) <= 20 else f", {key}" for key, value in own.items()))
    return told


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
