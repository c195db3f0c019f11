"""Who plays while a world is recorded. A policy is a function of (environment, random) that yields actions for ever."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from studio.errors import BadInput

Policy = Callable[[Any, random.Random], Iterator[int]]


def _noop(env: Any) -> int:
    return env.action_names.index("noop")


def uniform(env: Any, rng: random.Random) -> Iterator[int]:
    """Any action at every step."""
    while True:
        yield rng.randrange(len(env.action_names))


def sticky(env: Any, rng: random.Random) -> Iterator[int]:
    """Any action, held for 8 steps on average; the environment's ``favours`` say which come more often."""
    names = env.action_names
    weights = [getattr(env, "favours", {}).get(name, 1.0) for name in names]
    while True:
        action = rng.choices(range(len(names)), weights)[0]
        for _ in range(min(60, 1 + int(rng.expovariate(1 / 8)))):
            yield action


def idle(env: Any, rng: random.Random) -> Iterator[int]:
    """Mostly nothing, now and then something: what a player does who has left the keyboard."""
    while True:
        yield from [_noop(env)] * rng.randint(10, 60)
        yield from [rng.randrange(len(env.action_names))] * rng.randint(1, 4)


def scripted(env: Any, rng: random.Random) -> Iterator[int]:
    """Finds its way by the environment's ``plan``; is distracted at times: idles, fumbles, or runs on regardless."""
    fumbling = sticky(env, rng)
    while True:
        way = env.plan(rng.randint(40, 120)) or [next(fumbling) for _ in range(10)]
        yield from way[: rng.randint(10, 80)]
        what = rng.random()
        if what < 0.2:
            yield from [_noop(env)] * rng.randint(3, 25)
        elif what < 0.4:
            yield from (next(fumbling) for _ in range(rng.randint(5, 25)))
        elif what < 0.6:
            yield from (env.action_names.index(env.reckless) for _ in range(rng.randint(10, 30)))


POLICIES: dict[str, Policy] = {"random": uniform, "sticky": sticky, "idle": idle, "scripted": scripted}


def parse_mix(text: str, env: Any) -> dict[str, float]:
    """``"scripted=0.5,sticky=0.5"`` as shares that sum to 1; empty: a mix that the environment can play.

    Raises BadInput for an unknown policy, a share that is no positive number, or a script where there is none.
    """
    knows = hasattr(env, "plan")
    if not text:
        text = "scripted=0.5,sticky=0.35,random=0.1,idle=0.05" if knows else "sticky=0.7,random=0.2,idle=0.1"
    mix = {}
    for part in text.split(","):
        name, _, share = part.strip().partition("=")
        if name not in POLICIES:
            raise BadInput(f"unknown policy {name!r}; choose from: {', '.join(POLICIES)}")
        if name == "scripted" and not knows:
            raise BadInput("this environment has no script; choose from: random, sticky, idle")
        try:
            mix[name] = float(share or 1)
        except ValueError:
            mix[name] = 0.0
        if not 0 < mix[name] < 1e6:
            raise BadInput(f"policy {name}: the share {share!r} is not a positive number; write {name}=0.5")
    total = sum(mix.values())
    return {name: share / total for name, share in mix.items()}
