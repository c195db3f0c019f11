"""Rehearsals: the director learns on rewards that cost nothing to compute, and policies are compared on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from studio.policy.director import advance, build, one_thread, sample
from studio.policy.records import PPOSettings
from studio.policy.state import Situation
from studio.policy.versions import Version, read

Reward = Callable[[Situation, dict[str, str]], float]
"""(what was known, the direction) -> reward in [0, 1]."""


@dataclass
class Rehearsal:
    """What came of a rehearsal."""

    version: Version
    rewards: list[float] = field(default_factory=list)
    directions: list[dict[str, str]] = field(default_factory=list)
    health: list[dict[str, float]] = field(default_factory=list)


def rehearse(
    reward: Reward,
    steps: int,
    seed: int,
    start: Path | Version,
    situations: Callable[[int], Situation],
    settings: PPOSettings = PPOSettings(),
) -> Rehearsal:
    """Direct ``steps`` takes and learn from each, exactly as a production does, without files.

    Args:
        reward: what a take earns.
        start: a version's file, or a version in memory.
        situations: number of the take -> what is known about it.
    """
    from studio.policy.ppo import Adam

    version, name = read(start) if isinstance(start, Path) else (start, "start")
    result = Rehearsal(version)
    with one_thread():
        model, reference = build(version, name), build(version, name)
        adam = Adam(model, {}, {})
        for take in range(steps):
            situation = situations(take)
            decision = sample(model, version.random, name, situation.text(), {}, seed + take)
            earned = reward(situation, decision.direction)
            version, health = advance(version, name, model, reference, decision, earned, settings, adam)
            result.rewards.append(earned)
            result.directions.append(decision.direction)
            result.health.append(health)
    result.version = version
    return result


def shares(version: Version, situations: list[Situation], slot: str, draws: int = 1) -> dict[str, float]:
    """How often the policy takes each value of ``slot`` (sampled, all slots open)."""
    with one_thread():
        model = build(version, "in memory")
        counts = Counter(
            sample(model, version.random, "in memory", one.text(), {}, 10_000 + draw).direction[slot]
            for one in situations
            for draw in range(draws)
        )
    return {value: count / counts.total() for value, count in counts.items()}
