"""The examination: characters, sets and styles that training never saw, each figure with what it is of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from studio.perception.calibration import BAR, probability
from studio.perception.encoders import WEIGHTS
from studio.perception.studio_clip import StudioClip
from studio.perception.training.trials import Trial, trials

FACES = ("full", "medium", "medium-close", "close")
PLACES = ("extreme-wide", "wide", "full", "medium")


def auc(found: list[Trial], score: Callable[[Trial], float]) -> float:
    """Area under the ROC curve: how often a same pair scores above a different one, ties half."""
    same = np.array([score(t) for t in found if t.same])
    other = np.array([score(t) for t in found if not t.same])
    if not len(same) or not len(other):
        return float("nan")
    ranks = np.argsort(np.argsort(np.concatenate([same, other]))) + 1
    return float((ranks[: len(same)].sum() - len(same) * (len(same) + 1) / 2) / (len(same) * len(other)))


def halves(found: list[Trial]) -> list[Trial]:
    """As many look-alikes as strangers among the different pairs, taken in order."""
    like = [t for t in found if not t.same and t.other != "stranger"]
    strange = [t for t in found if not t.same and t.other == "stranger"]
    count = min(len(like), len(strange))
    return [*(t for t in found if t.same), *like[:count], *strange[:count]]


def examine(folder: Path) -> None:
    """Print the figures of ``folder/studio-clip.safetensors`` (or the shipped weights) on ``folder/test``."""
    own = folder / "studio-clip.safetensors"
    model, calibration = StudioClip.load(own if own.is_file() else WEIGHTS)
    found = trials(model, folder / "test")
    people = halves([t for t in found["character"] if t.size in FACES])
    places = [t for t in found["place"] if t.size in PLACES]
    console = Console()
    for what, rows, groups in (("character", people, _people_groups(people)), ("place", places, _place_groups(places))):

        def score(t: Trial, of: str = what) -> float:
            return probability(calibration[of], t.size, t.logit, t.shot["weather"])

        table = Table("same " + what, "pairs", "AUC", "right accepted", "wrong rejected")
        for name, mine in {"all": rows, **groups}.items():
            right = [score(t) >= BAR for t in mine if t.same]
            wrong = [score(t) < BAR for t in mine if not t.same]
            if len(right) >= 5 and len(wrong) >= 5:
                table.add_row(
                    name, str(len(mine)), f"{auc(mine, score):.3f}", f"{np.mean(right):.2f}", f"{np.mean(wrong):.2f}"
                )
        console.print(table)


def _people_groups(rows: list[Trial]) -> dict[str, list[Trial]]:
    groups = {f"size {s}": [t for t in rows if t.size == s] for s in FACES}
    groups |= {
        f"against {o}": [t for t in rows if t.same or t.other == o]
        for o in ("hair", "coat", "colour", "prop", "stranger")
    }
    return groups | _shared(rows)


def _place_groups(rows: list[Trial]) -> dict[str, list[Trial]]:
    groups = {f"size {s}": [t for t in rows if t.size == s] for s in PLACES}
    groups |= {f"against {o}": [t for t in rows if t.same or t.other == o] for o in ("neighbour", "elsewhere")}
    return groups | _shared(rows)


def _shared(rows: list[Trial]) -> dict[str, list[Trial]]:
    groups: dict[str, list[Trial]] = {}
    for key in ("genre", "time_of_day", "weather", "lighting"):
        for value in sorted({t.shot[key] for t in rows}):
            groups[f"{key} {value}"] = [t for t in rows if t.shot[key] == value]
    return groups
