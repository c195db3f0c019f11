"""Imports that overlap the planning: what judging and learning import takes seconds and is not needed at once."""

from __future__ import annotations

import threading

from studio.config import Settings

_imports: threading.Thread | None = None


def start(settings: Settings) -> None:
    """Begin importing torch and the encoder's libraries in the background, where these settings will use them."""
    global _imports
    reward = settings.reward
    judged = reward.character_consistency > 0 or reward.location_consistency > 0
    if _imports is None and settings.rl.learn and judged:
        _imports = threading.Thread(target=_import, name="imports")
        _imports.start()


def wait() -> None:
    """Let the imports end: an interpreter that shuts down in the middle of one may crash."""
    if _imports is not None:
        _imports.join()


def _import() -> None:
    # The policy is asked before the first take is judged: torch alone first.
    import torch  # noqa: F401

    from studio.perception.encoders import WEIGHTS

    if WEIGHTS.is_file():
        import studio.perception.studio_clip  # noqa: F401
