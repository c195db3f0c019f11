"""An agent that finds its way by looking ahead in a copy of the world: it proves levels solvable and plays in records.

Best-first search over short runs of one action; a state counts as seen by its place to half a tile, the direction of
its speed, and, where something moves nearby, the time.
"""

from __future__ import annotations

import heapq
from typing import Any

from studio.worlds.envs._backlot.constants import ACTIONS, PIXEL
from studio.worlds.envs._backlot.level import Level
from studio.worlds.envs._backlot.physics import Simulation

NOOP, LEFT, RIGHT, JUMP, _, JUMP_RIGHT, _, RUN_RIGHT = range(len(ACTIONS))
_RUNS = ((RUN_RIGHT, 6), (JUMP_RIGHT, 12), (RIGHT, 4), (NOOP, 8), (JUMP_RIGHT, 6), (LEFT, 5), (JUMP, 10))
_CELL = 4 * PIXEL


def plan(world: Simulation, ahead: int | None = None, most: int = 4000) -> list[int] | None:
    """Actions that bring the performer to the goal, or ``ahead`` pixels further; None if ``most`` tries find none.

    ``world`` is left as it was. No fall and no knock is on the way.
    """
    start = world.snapshot()
    target = world.level.width * PIXEL if ahead is None else world.x + ahead * PIXEL
    queue: list[tuple[int, int, Any, Any]] = [(-world.x, 0, start, None)]
    seen = {_place(world)}
    tries, found = 0, None
    while queue and tries < most and found is None:
        _, _, state, path = heapq.heappop(queue)
        for action, steps in _RUNS:
            world.restore(state)
            tries += 1
            done = _run(world, action, steps)
            if done is None or (place := _place(world)) in seen:
                continue
            seen.add(place)
            way = (path, action, done)
            if world.done or (world.x >= target and world.ground):
                found = way
                break
            heapq.heappush(queue, (-world.x + world.time * PIXEL // 4, tries, world.snapshot(), way))
    world.restore(start)
    return None if found is None else _unrolled(found)


def _run(world: Simulation, action: int, steps: int) -> int | None:
    """Hold ``action``; gives how many steps were made, None where it ended in harm."""
    for step in range(steps):
        world.step(action)
        if world.done:
            return step + 1
        if world.stunned or world.wire:
            return None
    return steps


def _place(world: Simulation) -> tuple[int, ...]:
    still = world.riding < 0 and world.ground
    speed = (world.vx > 0) - (world.vx < 0)
    return world.x // _CELL, world.y // _CELL, speed, world.time // (8 if still else 4)


def _unrolled(way: Any) -> list[int]:
    runs = []
    while way is not None:
        way, action, steps = way
        runs.append((action, steps))
    return [action for action, steps in reversed(runs) for _ in range(steps)]


def solve(level: Level) -> list[int] | None:
    """Actions from the start of ``level`` to its goal, or None."""
    return plan(Simulation(level), most=60_000)
