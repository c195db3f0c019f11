"""Runs one command and dies with its parent, taking along all that the command started. Run as a script:

    python _guard.py PROGRAM ARGUMENTS…

Its standard input is a pipe that the parent holds open: when it closes (the parent ended, or was killed), the command's
process group and every descendant are killed. Otherwise its exit code is the command's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def adopt_orphans() -> None:
    """Processes whose parent ends become ours instead of init's, so that they can be found (Linux; else nothing)."""
    import contextlib
    import ctypes

    set_child_subreaper = 36  # prctl(2)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def kill_all(group: int) -> None:
    """Kill the process group and every descendant, until none is left: launchers give workers groups of their own."""
    import psutil

    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
    me = psutil.Process()
    for _ in range(100):
        living = [child for child in me.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
        if not living:
            return
        for child in living:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                pass
        psutil.wait_procs(living, timeout=0.1)


def main(command: list[str]) -> int:
    adopt_orphans()
    held = os.dup(0)  # the command itself reads nothing
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def watch() -> None:
        while os.read(held, 1):
            pass
        kill_all(process.pid)
        os._exit(137)

    threading.Thread(target=watch, daemon=True).start()
    code = process.wait()
    kill_all(process.pid)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
