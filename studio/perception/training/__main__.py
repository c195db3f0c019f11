"""The steps that make studio-clip; each goes on where it was stopped.

python -m studio.perception.training render DIR --jobs 2          over two hours on two cores
python -m studio.perception.training fit DIR --steps 2400         hours; --steps 60 to try it
python -m studio.perception.training fit DIR --steps 2000 --rate 1e-3     goes on from the weights that are there
python -m studio.perception.training examine DIR

With characters and places that the shipped weights have not seen, from those weights on:

python -m studio.perception.training render DIR --train 4560 265
python -m studio.perception.training unpack DIR
python -m studio.perception.training fit DIR --part places --steps 80 --rate 4e-4
    the matcher of places alone, statistics of the norms, calibration; --steps 0 leaves the matcher as it is
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

SETS = {"train": (0, 4560, False), "calibrate": (0, 120, False), "test": (0, 240, True)}
"""Folder -> the first group, the number of groups, and whether the kinds and styles kept out of training appear."""


def _render(folder: Path, jobs: int, scale: float, train: list[int] | None) -> None:
    """Other numbers of groups are other characters and places: ``train`` names the first and how many."""
    from studio.perception.training.pictures import prepare, render

    for name, (first, groups, held_out) in SETS.items():
        if name == "train" and train:
            first, groups = train
        count = first + max(2, round(groups * scale))
        prepare(folder / name, count)
        arguments = [(folder / name, count, held_out, part, jobs, first) for part in range(jobs)]
        with multiprocessing.get_context("spawn").Pool(jobs) as pool:
            pool.starmap(render, arguments)


def main() -> None:
    parser = argparse.ArgumentParser(prog="studio.perception.training", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("step", choices=("render", "unpack", "fit", "examine"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--steps", type=int, default=2400)
    parts = ("eye", "likeness", "places")
    parser.add_argument("--part", choices=parts, help="fit this part only (default: the first two, at once)")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="learning rate at its height")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the groups to render")
    parser.add_argument("--train", type=int, nargs=2, metavar=("FIRST", "COUNT"), help="groups to train on")
    chosen = parser.parse_args()
    if chosen.step == "render":
        _render(chosen.folder, chosen.jobs, chosen.scale, chosen.train)
    elif chosen.step == "unpack":
        from studio.perception.training.fit import unpack

        unpack(chosen.folder)
    elif chosen.step == "fit":
        from studio.perception.training.fit import PARTS, fit, fit_places

        if chosen.part == "places":
            fit_places(chosen.folder, chosen.steps, chosen.rate)
        else:
            fit(chosen.folder, chosen.steps, [chosen.part] if chosen.part else list(PARTS), chosen.rate)
    else:
        from studio.perception.training.examine import examine

        examine(chosen.folder)


if __name__ == "__main__":
    main()
