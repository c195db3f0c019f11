"""The three steps that make studio-clip; each goes on where it was stopped.

python -m studio.perception.training render DIR --jobs 2          about an hour on two cores
python -m studio.perception.training fit DIR --steps 2400         about an hour; --steps 60 to try it
python -m studio.perception.training fit DIR --steps 2000 --rate 1e-3     goes on from the weights that are there
python -m studio.perception.training examine DIR
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

SETS = {"train": (4560, False), "calibrate": (120, False), "test": (240, True)}
"""Folder -> groups, and whether the kinds and styles kept out of training appear."""


def _render(folder: Path, jobs: int, scale: float) -> None:
    from studio.perception.training.pictures import prepare, render

    for name, (groups, held_out) in SETS.items():
        count = max(2, round(groups * scale))
        prepare(folder / name, count)
        arguments = [(folder / name, count, held_out, part, jobs) for part in range(jobs)]
        with multiprocessing.get_context("spawn").Pool(jobs) as pool:
            pool.starmap(render, arguments)


def main() -> None:
    parser = argparse.ArgumentParser(prog="studio.perception.training", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("step", choices=("render", "fit", "examine"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--part", choices=("eye", "likeness"), help="fit this part only (default: both, at once)")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="learning rate at its height")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the groups to render")
    chosen = parser.parse_args()
    if chosen.step == "render":
        _render(chosen.folder, chosen.jobs, chosen.scale)
    elif chosen.step == "fit":
        from studio.perception.training.fit import PARTS, fit

        fit(chosen.folder, chosen.steps, [chosen.part] if chosen.part else list(PARTS), chosen.rate)
    else:
        from studio.perception.training.examine import examine

        examine(chosen.folder)


if __name__ == "__main__":
    main()
