"""Blocking: from the words of a shot's action to what a player presses, step by step."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from studio.errors import BadInput

WORDS: dict[str, str] = {
    "run": "run race chase flee sprint dash rush escape gallop hurry speed charge bolt",
    "walk": "walk go come arrive leave enter wander step stroll march approach follow cross travel explore head set "
    "creep sneak roam search carry ride drive push move play work bring advance continue pass cut make fight attack",
    "jump": "jump leap hop bounce pounce climb fly soar vault spring stomp dance scale swing clear",
    "duck": "duck crouch kneel hide slide bow cower squat",
    "wait": "wait stand stop sit look watch stare gaze listen pause rest sleep dream hesitate freeze talk say tell "
    "speak ask shout call whisper think notice discover hold point wave smile laugh read",
}  # fmt: skip
"""Move -> the verbs that ask for it."""
BACK = re.compile(r"\b(?:left|back|backwards?|retreats?|retreating|returns?|returning|turns? round|turns? around)\b")
"""What turns a move to the left; without, the way of a level is to the right."""
DRIFT = {"walk": 1, "run": 1, "jump": 0, "duck": 0, "wait": 0}
_MOVE = {verb: move for move, verbs in WORDS.items() for verb in verbs.split()}
_SHARE = {"run": 2.0, "walk": 2.0, "jump": 1.0, "duck": 0.7, "wait": 0.8}
JUMP_STEPS, SHORTEST = 12, 6
"""Steps that a jump is held; and that anything lasts at least."""


@dataclass(frozen=True)
class Move:
    """One thing that the performer does. ``way``: 1 right, -1 left, 0 on the spot."""

    kind: str
    way: int = 0


def moves(action: str) -> list[Move]:
    """What ``action`` asks for, in the order of its words: ``run``, ``walk``, ``jump``, ``duck``, ``wait``.

    An action that names none is walked through; whoever only waits goes on when the wait is over: a shot in which
    nobody does anything is none.
    """
    found: list[Move] = []
    for clause in re.split(r"[.,;]|\band\b|\bthen\b|\bbefore\b|\bwhile\b", action.lower()):
        way = -1 if BACK.search(clause) else 1
        for word in re.findall(r"[a-z]+", clause):
            kind = next((_MOVE[stem] for stem in _stems(word) if stem in _MOVE), "")
            if kind and (not found or found[-1].kind != kind or way * DRIFT[kind] != found[-1].way):
                going = kind in ("run", "walk") or (kind == "jump" and any(m.way for m in found))
                found.append(Move(kind, way if going else 0))
    if not any(m.way for m in found):
        found.append(Move("walk", -1 if BACK.search(action.lower()) else 1))
    return found


def _stems(word: str) -> list[str]:
    """The word and what is left of it without an ending: runs, running, raced -> run, race."""
    found = [word]
    for ending in ("ing", "ed", "es", "s"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 1:
            found += [stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem]
    return found


def way_of(action: str) -> int:
    """Where the blocking of ``action`` leads on the whole: 1 right, -1 left, 0 to and fro."""
    total = sum(m.way * _SHARE[m.kind] for m in moves(action))
    return (total > 0) - (total < 0)


def keys(planned: Sequence[Move], steps: int, rng: random.Random) -> list[str]:
    """``steps`` names of Backlot's actions for these moves: shares of the time by what they are, jumps strewn into
    runs and walks as a player's hand would."""
    total = sum(_SHARE[m.kind] for m in planned)
    played: list[str] = []
    for n, move in enumerate(planned):
        left = steps - len(played)
        count = left if n == len(planned) - 1 else min(left, max(SHORTEST, round(steps * _SHARE[move.kind] / total)))
        played += _pressed(move, count, rng)
    return played[:steps]


def _pressed(move: Move, count: int, rng: random.Random) -> list[str]:
    side = {1: "right", -1: "left"}.get(move.way, "")
    if move.kind in ("wait", "duck"):
        return ["noop" if move.kind == "wait" else "duck"] * count
    over = f"jump_{side}" if side else "jump"
    on = "run_right" if (move.kind, move.way) == ("run", 1) else side or "noop"
    if move.kind == "jump":
        held = [over] * JUMP_STEPS + [on] * rng.randint(3, 8)
        return (held * (count // len(held) + 1))[:count]
    pressed: list[str] = []
    while len(pressed) < count:
        pressed += [on] * rng.randint(8, 26) + [over] * JUMP_STEPS
    return pressed[:count]


def indices(names: Sequence[str], known: Sequence[str], count: int) -> list[int]:
    """Numbers of the actions ``names`` for a model that knows the first ``count`` of ``known``; what it does not know
    becomes the nearest that it does (a jump to the right is a jump; a run is a walk)."""
    able = list(known)[:count]
    nearest = {"run_right": ("right",), "jump_right": ("jump", "right"), "jump_left": ("jump", "left")}
    return [next((able.index(n) for n in (name, *nearest.get(name, ()), "noop") if n in able), 0) for name in names]


def script(text: str, known: Sequence[str]) -> list[int]:
    """``"right*20,jump*5"`` as numbers of actions. Raises BadInput naming the part, and the actions there are."""
    found: list[int] = []
    for part in text.split(","):
        name, star, times = (piece.strip() for piece in part.partition("*"))
        count = int(times) if times.isdecimal() and len(times) < 7 else 0 if star else 1
        if name.isdecimal() and int(name) < len(known):
            name = known[int(name)]
        if name not in known or not count:
            raise BadInput(f"--actions {part.strip()!r} is no ACTION*TIMES; the actions are: {', '.join(known)}")
        found += [list(known).index(name)] * count
    return found
