"""Casting: several candidates are drawn of a view, and the one that the encoder likes best becomes the reference."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from studio.artists.base import Commission
from studio.crew.bibles import Record
from studio.crew.production import Production

SEEDS = 2**32


def auditioned(commission: Commission, count: int) -> list[Commission]:
    """The commission once for each candidate, with seeds that follow one another."""
    return [replace(commission, seed=(commission.seed + n) % SEEDS) for n in range(count)]


def choose(production: Production, commission: Commission, record: Record, files: list[Path]) -> Record:
    """Of the candidates that were drawn into ``files`` the best one ends up in the first.

    Without an encoder that reads, the first candidate is taken, and that is recorded."""
    seeds = [one.seed for one in auditioned(commission, len(files))]
    best = 0
    told: list[dict[str, float | int | None]] = []
    if len(files) > 1:
        best, told = _best(production, commission, files)
    os.replace(files[best], files[0])
    told = [{"seed": seed, **scores} for seed, scores in zip(seeds, told, strict=True)] if told else []
    sha256 = hashlib.sha256(files[0].read_bytes()).hexdigest()
    return record.model_copy(update={"sha256": sha256, "seed": seeds[best], "candidates": told})


def _best(
    production: Production, commission: Commission, files: list[Path]
) -> tuple[int, list[dict[str, float | int | None]]]:
    """Number of the best candidate, and how each did; the first of equals."""
    from studio.perception.casting import auditions

    first = _pixels(commission.first) if commission.first else None
    with production.thinking:
        heard = auditions([_pixels(file) for file in files], commission.subject.description, first)
    if heard is None:
        production.remark(
            "fallback", f"no encoder could choose among {len(files)} candidates of each reference: the first was taken"
        )
        return 0, []
    best = max(range(len(heard)), key=lambda n: heard[n].score)
    told = [{"fit": one.fit, "likeness": one.likeness, "score": round(one.score, 6)} for one in heard]
    return best, [dict(one) for one in told]


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))
