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
RANDOM = 3
"""References of other groups that each figure or frame is compared with."""


def character_pairs(facts: list[dict[str, Any]], moments: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
    """``(p, 4)``: sheet set (three a group: character, look-alike, stranger), figure (eight a group: shot, take, who),
    label, weight."""
    rows: list[tuple[float, float, float, float]] = []
    for g, group in enumerate(facts):
        for s, shot in enumerate(group["shots"]):
            for take in range(2):
                size = WEIGHT.get(shot["shot_size"], 1.0) * (0.2 if shot["lighting"] == "silhouette" else 1.0)
                for ref, who, label, w in _own(shot, take, int(moments[g, s, take])):
                    figure = 8 * g + 4 * s + 2 * take + who
                    rows.append((3 * g + ref, figure, label, size * w))
                    if label:
                        others = [int(n) for n in rng.integers(0, 3 * len(facts), RANDOM)]
                        rows += [(n, figure, 0.0, size * 0.3) for n in others if n // 3 != g]
    return torch.tensor(rows)


def _own(shot: dict[str, Any], take: int, moment: int) -> list[tuple[int, int, float, float]]:
    """(reference, figure, label, weight) within the group: the lead's figure is 0, the stranger's 1."""
    rows: list[tuple[int, int, float, float]] = []
    inside = [row[moment] for row in shot["inside"][take]]
    if inside[0] > 0.35:
        rows.append((take, 0, 1.0, 1.0))
        if shot["difference"][moment] > VISIBLE:
            rows.append((1 - take, 0, 0.0, 1.0))
        rows.append((2, 0, 0.0, 0.3))
    if shot["cast"] > 1 and inside[1] > 0.5:
        rows += [(2, 1, 1.0, 0.5), (take, 1, 0.0, 0.3)]
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
        for twin in ((other, frame), (ref, frame ^ 2)):
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
