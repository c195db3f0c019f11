"""The reader and the judge that ship with Studio, for the rollouts that they can read."""

from __future__ import annotations

from studio.errors import BadInput
from studio.worlds.envs._backlot.constants import ACTIONS
from studio.worlds.evaluation.lab import LeftOut
from studio.worlds.evaluation.readers.judge import Real, shipped_real
from studio.worlds.evaluation.readers.network import Reader
from studio.worlds.evaluation.readers.shelf import shipped_reader
from studio.worlds.evaluation.rollouts import Rollouts


def judge_of(rollouts: Rollouts) -> tuple[Reader, Real]:
    """Raises LeftOut where the reader's files are missing, or the footage is of another world or size."""
    try:
        reader, real = shipped_reader(), shipped_real()
    except BadInput as error:
        raise LeftOut(str(error)) from None
    height, width = rollouts.context.shape[2:4]
    config = reader.config
    if (height, width) != (config.height, config.width) or rollouts.action_names != ACTIONS:
        raise LeftOut(f"the reader knows Backlot at {config.height}x{config.width}, not this world at {height}x{width}")
    return reader, real
