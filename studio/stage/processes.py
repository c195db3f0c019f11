"""How the stage's processes begin: with clean hands, and where the system can, from imports made once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import Any

PRELOADED = [
    "studio.cli", "studio.stage.worker", "studio.engines.previz", "studio.previz.film", "studio.crew.card_clip",
    "studio.sound.track",
]  # fmt: skip
"""What workers and second unit import at once: 0.7 s of a core, for each of them or once for all."""


def context() -> Any:
    """The multiprocessing context of all processes beside a production: on Linux forked from a server that has imported
    what they need and has no threads; elsewhere from scratch, since system libraries do not always survive a fork."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(PRELOADED)
    return forked


def die_with_parent() -> None:
    """End this process when its parent has ended: a thread watches. A fork server is a parent that ends with its own.

    (The kernel's PDEATHSIG goes off when the parent's *thread* ends.)"""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
