"""The reader that judges world models: fit it on real frames, then measure what is real to it.

python -m studio.worlds.evaluation.readers fit DATA --out DIR --steps 1000 --seed 0     10 minutes on one core
python -m studio.worlds.evaluation.readers calibrate DATA --out DIR                     10 minutes
python -m studio.worlds.evaluation.readers examine DATA --out DIR                       errors on its test levels

The first goes on from its last checkpoint. The log lies beside the weights; so does this command.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from studio.errors import StudioError


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m studio.worlds.evaluation.readers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    steps = parser.add_subparsers(dest="step", required=True)
    fitted = steps.add_parser("fit", help="train on the train split of recorded Backlot")
    fitted.add_argument("data", type=Path)
    fitted.add_argument("--steps", type=int, default=1000)
    fitted.add_argument("--seed", type=int, default=0)
    fitted.add_argument("--threads", type=int, default=1)
    measured = steps.add_parser("calibrate", help="find what is real to it, on the val split")
    measured.add_argument("data", type=Path)
    measured.add_argument("--rollouts", type=int, default=24, help="of each kind of keys")
    measured.add_argument("--steps", type=int, default=1200)
    examined = steps.add_parser("examine", help="print its errors on the test split as JSON")
    examined.add_argument("data", type=Path)
    examined.add_argument("--split", choices=("val", "test"), default="test")
    for each in (fitted, measured, examined):
        each.add_argument("--out", type=Path, required=True, help="folder of the reader")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.step == "fit":
            from studio.worlds.evaluation.readers.fit import fit

            print(fit(chosen.data, chosen.out, chosen.steps, chosen.seed, chosen.threads, say=_say))
        elif chosen.step == "calibrate":
            from studio.worlds.evaluation.readers.calibrate import calibrate

            print(calibrate(chosen.data, chosen.out, chosen.rollouts, chosen.steps, say=_say))
        else:
            from studio.worlds.evaluation.readers.examine import examine
            from studio.worlds.evaluation.readers.shelf import load_reader

            told = examine(load_reader(chosen.out / "reader.safetensors"), chosen.data, chosen.split)
            print(json.dumps({name: round(value, 4) for name, value in told.items()}, indent=1))
    except StudioError as error:
        _say(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
