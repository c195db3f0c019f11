"""Procgen in an environment of its own: run by that environment's Python, driven over its pipes.

    PYTHON -m venv DIR && DIR/bin/pip install procgen2==0.10.7    # NumPy 1, the old gym: not beside Studio

Needs that package only, and nothing of ours. Requests are lines of JSON on stdin, ``{"reset": seed}``,
``{"step": action}`` and ``{"close": true}``; each answer is a line of JSON on stdout, ``{"reward", "done", "level",
"bytes"}``, followed by that many bytes of picture (uint8 RGB, 64×64×3). The first line out is ``{"ready", "actions"}``.
"""

import json
import os
import sys

import numpy as np


def open_game(name, seed):  # type: ignore[no-untyped-def]
    """One game that plays the one level ``seed``."""
    from procgen import ProcgenGym3Env

    return ProcgenGym3Env(num=1, env_name=name, start_level=seed, num_levels=1, distribution_mode="easy", rand_seed=0)


def answer(out, env, level):  # type: ignore[no-untyped-def]
    """Write what the game shows now."""
    reward, obs, first = env.observe()
    picture = np.ascontiguousarray(obs["rgb"][0]).tobytes()
    head = {"reward": float(reward[0]), "done": bool(first[0]), "level": level, "bytes": len(picture)}
    out.write(json.dumps(head).encode() + b"\n" + picture)
    out.flush()


def main():  # type: ignore[no-untyped-def]
    """Serve one game until told to close, or until the pipe ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the answers
    name = sys.argv[1]
    env, level = open_game(name, 0), 0
    names = ["_".join(keys).lower() or "noop" for keys in env.get_combos()]
    out.write(json.dumps({"ready": name, "actions": names}).encode() + b"\n")
    out.flush()
    for line in sys.stdin:
        request = json.loads(line)
        if "close" in request:
            return
        if "reset" in request:
            level = request["reset"]
            env.close()
            env = open_game(name, level)
        else:
            env.act(np.array([request["step"]]))
        answer(out, env, level)


if __name__ == "__main__":
    main()
