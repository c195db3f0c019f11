"""Recording: policies play levels into shards. What is recorded depends on the recipe alone, so a resumed recording
is the same to the byte as an uninterrupted one, with any number of workers."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from studio.errors import BadInput
from studio.publish import crash_point
from studio.worlds.data.manifest import Manifest, Shard, fault_of, level_of, read_manifest
from studio.worlds.data.policies import POLICIES, parse_mix
from studio.worlds.data.shards import Footage
from studio.worlds.envs.base import open_environment

EPISODES = 8
"""Episodes a shard: with 256 steps each, some 2,000 frames."""


@dataclass(frozen=True)
class Recipe:
    """What to record. ``episodes``: how many in each split; ``first``: number of the first level in each split."""

    env: str
    episodes: dict[str, int]
    steps: int = 256
    seed: int = 0
    first: int = 0
    policies: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def shards(self) -> Iterator[tuple[str, str, range]]:
        """(file, split, numbers of its episodes) of each shard."""
        for split, count in self.episodes.items():
            for start in range(0, count, EPISODES):
                yield (
                    f"{split}-{start // EPISODES:05d}.safetensors",
                    split,
                    range(start, min(count, start + EPISODES)),
                )


def record(recipe: Recipe, folder: Path, workers: int = 1, say: Callable[[str], None] = lambda line: None) -> Manifest:
    """Record what ``folder`` has not got yet. Raises BadInput where it holds another recipe's data.

    A shard that is damaged or missing is recorded again, and ``say`` hears of it.
    """
    env = open_environment(recipe.env, **recipe.options)
    try:
        mix = parse_mix(recipe.policies, env)
        manifest = _manifest(recipe, folder, env, mix)
    finally:
        env.close()
    _drop_damaged(manifest, folder, say)
    have = {shard.file for shard in manifest.shards}
    jobs = [job for job in recipe.shards() if job[0] not in have]
    for done, shard in enumerate(_recorded(recipe, mix, folder, jobs, workers), 1):
        manifest.shards.append(shard)
        manifest.save(folder)
        crash_point("shard-recorded")
        say(f"{shard.file}: {shard.frames} frames ({done} of {len(jobs)})")
    return manifest


def _manifest(recipe: Recipe, folder: Path, env: Any, mix: dict[str, float]) -> Manifest:
    asked = {
        **{"env": recipe.env, "options": {k: v for k, v in recipe.options.items() if k != "python"}},
        **({"made_of": env.made_of} if hasattr(env, "made_of") else {}),
        **{"episodes": recipe.episodes, "steps": recipe.steps, "seed": recipe.seed, "first": recipe.first},
        "policies": mix,
    }
    if (folder / "manifest.json").exists():
        manifest = read_manifest(folder)
        if manifest.recipe != asked:
            changed = [k for k in asked if manifest.recipe.get(k) != asked[k]]
            raise BadInput(f"{folder} holds another recording ({', '.join(changed)} differ); choose another --out")
        return manifest
    height, width, _ = env.observation_space.shape
    manifest = Manifest(
        recipe=asked,
        height=height,
        width=width,
        fps=env.metadata["render_fps"],
        action_names=list(env.action_names),
        state_names=list(getattr(env, "state_names", ())),
        kinds=list(getattr(env, "kinds", ())),
    )
    manifest.save(folder)
    return manifest


def _drop_damaged(manifest: Manifest, folder: Path, say: Callable[[str], None]) -> None:
    for shard in list(manifest.shards):
        fault = fault_of(folder, shard)
        if fault:
            say(f"{shard.file} {fault}; it is recorded again")
            manifest.shards.remove(shard)


def _recorded(
    recipe: Recipe, mix: dict[str, float], folder: Path, jobs: list[tuple[str, str, range]], workers: int
) -> Iterator[Shard]:
    if workers <= 1 or len(jobs) <= 1:
        yield from (record_shard(recipe, mix, folder, *job) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = [pool.submit(record_shard, recipe, mix, folder, *job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()


def record_shard(recipe: Recipe, mix: dict[str, float], folder: Path, name: str, split: str, numbers: range) -> Shard:
    """Play and publish one shard."""
    env, footage = open_environment(recipe.env, **recipe.options), Footage()
    try:
        for number in numbers:
            rng = random.Random(f"{recipe.seed}-{split}-{number}")
            policy = rng.choices(list(mix), list(mix.values()))[0]
            level = level_of(split, recipe.first + number)
            first = env.reset(seed=level)[0]
            prelude = _walk_in(env, rng)
            _play(env, footage, env.render() if prelude else first, policy, recipe.steps, rng)
            footage.cut(level, policy, prelude)
    finally:
        env.close()
    return footage.publish(folder, name, split)


def _walk_in(env: Any, rng: random.Random) -> list[int]:
    """Go some way into the level unrecorded, where the environment can, so that not all footage is of its start."""
    if not hasattr(env, "plan") or rng.random() < 0.25:
        return []
    actions = env.plan(rng.randint(20, 600)) or []
    for action in actions:
        env.step(action)
    return actions


def _play(env: Any, footage: Footage, first: Any, policy: str, steps: int, rng: random.Random) -> None:
    def shown(frame: Any) -> None:
        footage.append(frame)
        if hasattr(env, "state_vector"):
            footage.truth(env.state_vector(), env.boxes())

    shown(first)
    for action in islice(POLICIES[policy](env, rng), steps):
        frame, reward, ended, cut, _ = env.step(action)
        if (ended or cut) and not getattr(env, "shows_the_end", True):
            return
        footage.acted(action, reward)
        shown(frame)
        if ended or cut:
            return
