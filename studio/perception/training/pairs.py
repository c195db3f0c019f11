"""Which reference belongs to which frame: labels and weights for pairs, and what a viewer could not tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

VISIBLE = 8.0
"""Mean difference (levels of 255) of the most changed patch, above which a viewer tells two takes apart."""
WEIGHT = {"extreme-wide": 0.1, "wide": 0.5, "extreme-close": 0.5}
"""How much a shot size counts for who somebody is (1 where not named)."""
PLACE_WEIGHT = {"medium-close": 0.3, "close": 0.2, "extreme-close": 0.05}
RANDOM = 5
"""References of other groups that each frame is compared with."""


def character_pairs(facts: list[dict[str, Any]], moments: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
    """``(p, 4)``: sheet set (three a group: character, look-alike, stranger), frame (four a group), label, weight."""
    rows: list[tuple[float, float, float, float]] = []
    for g, group in enumerate(facts):
        for s, shot in enumerate(group["shots"]):
            for who in range(2):
                frame = 4 * g + 2 * s + who
                size = WEIGHT.get(shot["shot_size"], 1.0) * (0.2 if shot["lighting"] == "silhouette" else 1.0)
                rows += [
                    (3 * g + ref, frame, label, size * w) for ref, label, w in _own(shot, who, int(moments[g, s, who]))
                ]
                others = [int(n) for n in rng.integers(0, 3 * len(facts), RANDOM)]
                rows += [(n, frame, 0.0, size * 0.3) for n in others if n // 3 != g]
    return torch.tensor(rows)


def _own(shot: dict[str, Any], who: int, moment: int) -> list[tuple[int, float, float]]:
    """(reference, label, weight) within the group: the one on stage, the other of the two, and the stranger."""
    rows: list[tuple[int, float, float]] = []
    inside = [row[moment] for row in shot["inside"]]
    if inside[0] > 0.35:
        rows.append((who, 1.0, 1.0))
        if shot["difference"][moment] > VISIBLE:
            rows.append((1 - who, 0.0, 1.0))
    if shot["cast"] > 1 and inside[1] > 0.5:
        rows.append((2, 1.0, 0.7))
    elif shot["cast"] == 1 or inside[1] < 0.02:
        rows.append((2, 0.0, 0.4))
    return rows


def twins(pairs: torch.Tensor) -> torch.Tensor:
    """``(t, 3)``: (right row, wrong row, weight) of ``character_pairs`` that differ in the character alone.

    Twins are the look-alike's sheet on the same frame, and the same sheet on the frame with the look-alike.
    """
    rows = {(int(r), int(f)): n for n, (r, f, _, _) in enumerate(pairs.tolist())}
    found = []
    for (ref, frame), n in rows.items():
        if pairs[n, 2] < 0.5 or ref % 3 == 2:
            continue
        other = ref + 1 if ref % 3 == 0 else ref - 1
        for twin in ((other, frame), (ref, frame ^ 1)):
            if twin in rows and pairs[rows[twin], 2] < 0.5:
                found.append((float(n), float(rows[twin]), float(pairs[n, 3])))
    return torch.tensor(found).reshape(-1, 3)


def place_pairs(facts: list[dict[str, Any]], rng: np.random.Generator) -> torch.Tensor:
    """``(p, 4)``: place (two a group), frame (four a group), label, weight."""
    rows: list[tuple[float, float, float, float]] = []
    for g, group in enumerate(facts):
        for s, shot in enumerate(group["shots"]):
            weight = PLACE_WEIGHT.get(shot["shot_size"], 1.0)
            for who in range(2):
                frame = 4 * g + 2 * s + who
                rows += [(2 * g + s, frame, 1.0, weight), (2 * g + 1 - s, frame, 0.0, weight * 0.6)]
                others = [int(n) for n in rng.integers(0, 2 * len(facts), RANDOM)]
                rows += [(n, frame, 0.0, weight * 0.3) for n in others if n // 2 != g]
    return torch.tensor(rows)
