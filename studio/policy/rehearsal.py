"""Rehearsals: the director learns on rewards that cost nothing to compute, and policies are compared on them.

`studio director bench` prints `bench`; the learning check of issue 2 is `rehearse` with a reward for one value.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.policy.director import advance, build, recall, sample
from studio.policy.film_grammar import example_direction, example_situation, grammar_reward
from studio.policy.records import PPOSettings
from studio.policy.state import Situation
from studio.policy.versions import Version, read
from studio.repeatable import one_thread

Reward = Callable[[Situation, dict[str, str]], float]
"""(what was known, the direction) -> reward in [0, 1]."""


@dataclass
class Rehearsal:
    """What came of a rehearsal."""

    version: Version
    rewards: list[float] = field(default_factory=list)
    directions: list[dict[str, str]] = field(default_factory=list)
    health: list[dict[str, float]] = field(default_factory=list)


def made_up(seed: int) -> Callable[[int], Situation]:
    """Number of the take -> a made-up situation, always the same one."""
    return lambda take: example_situation(random.Random(f"situation {seed} {take}"))


def uniform(seed: int) -> Version:
    """A newborn version: random trunk, every value equally likely."""
    from studio.policy.model import newborn

    weights = {name: weight.numpy() for name, weight in newborn(seed).state_dict().items()}
    return Version(weights=weights, random=f"{seed:02x}")


def rehearse(
    reward: Reward,
    steps: int,
    seed: int,
    start: Path | Version,
    situations: Callable[[int], Situation] | None = None,
    settings: PPOSettings = PPOSettings(),
) -> Rehearsal:
    """Direct ``steps`` takes and learn from each, exactly as a production does, without files.

    Args:
        reward: what a take earns.
        seed: of the sampling; take ``n`` is sampled with ``seed + n``.
        start: a version's file, or a version in memory.
        situations: number of the take -> what is known about it; made up by default.
    """
    situations = situations or made_up(seed)
    version, name = read(start) if isinstance(start, Path) else (start, "in memory")
    result = Rehearsal(version)
    with one_thread():
        model, reference = build(version, name), build(version, name)
        adam = recall(version, model)
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


def bench(policies: Mapping[str, Path | Version], draws: int = 200, seed: int = 0) -> dict[str, float]:
    """Mean film-grammar reward of each policy on the same made-up shots, and of film grammar itself as the measure."""
    situations = [made_up(seed + 500_000)(take) for take in range(draws)]
    marks: dict[str, float] = {}
    with one_thread():
        for label, policy in policies.items():
            version, name = read(policy) if isinstance(policy, Path) else (policy, label)
            model = build(version, name)
            taken = [sample(model, version.random, name, one.text(), {}, seed).direction for one in situations]
            marks[label] = _mean(situations, taken)
    dice = random.Random(seed)
    marks["film grammar"] = _mean(situations, [example_direction(one, dice, {}) for one in situations])
    return marks


def _mean(situations: list[Situation], directions: list[dict[str, str]]) -> float:
    return sum(map(grammar_reward, situations, directions)) / len(situations)
