"""Imports that overlap the planning: what judging and learning import takes seconds and is not needed at once."""

from __future__ import annotations

import gc
import threading

from studio.config import Settings


def start(settings: Settings) -> None:
    """Begin importing torch and the encoder's libraries in the background, where these settings will use them.

    Not a daemon thread: an interpreter that shuts down in the middle of an import may crash, so it waits.
    """
    reward = settings.reward
    if settings.rl.learn and (reward.character_consistency > 0 or reward.location_consistency > 0):
        gc.disable()  # imports make no garbage, and looking for it takes a fifth of their time
        threading.Thread(target=_import, name="imports").start()


def _import() -> None:
    try:
        _import_all()
    finally:
        gc.freeze()
        gc.enable()


def _import_all() -> None:
    # The policy is asked before the first take is judged: torch alone first.
    import torch  # noqa: F401

    from studio.perception.encoders import WEIGHTS

    if WEIGHTS.is_file():
        import studio.perception.studio_clip  # noqa: F401
