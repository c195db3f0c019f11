"""Backlot-v0: replay is exact, every level can be finished, and the picture shows what the state says."""

from __future__ import annotations

import time

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.errors import BadInput
from studio.worlds.envs._backlot.agent import plan, solve
from studio.worlds.envs._backlot.level import EMPTY, SOLID, generate, reach
from studio.worlds.envs._backlot.physics import Simulation
from studio.worlds.envs.backlot import Backlot
from studio.worlds.envs.base import open_environment

seeds = st.integers(0, 2**31 - 1)
plays = st.lists(st.integers(0, 7), min_size=1, max_size=120)


@pytest.fixture(scope="module")
def env() -> Backlot:
    return open_environment("backlot")


def play(env: Backlot, actions: list[int]) -> list[np.ndarray]:
    return [env.step(action)[0] for action in actions]


@given(seeds, plays, plays)
@settings(max_examples=12, deadline=None)
def test_a_restored_snapshot_goes_on_exactly_as_before(seed: int, before: list[int], after: list[int]) -> None:
    env, other = Backlot(), Backlot()
    env.reset(seed=seed)
    play(env, before)
    kept = env.snapshot()
    first, state = play(env, after), env.state()
    play(env, after)
    env.restore(kept)
    other.restore(kept)
    assert all(np.array_equal(a, b) for a, b in zip(play(env, after), first, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(play(other, after), first, strict=True))
    assert env.state() == state == other.state()


@given(seeds, plays)
@settings(max_examples=12, deadline=None)
def test_the_same_seed_and_actions_give_the_same_frames(seed: int, actions: list[int]) -> None:
    env, other = Backlot(), Backlot()
    assert np.array_equal(env.reset(seed=seed)[0], other.reset(seed=seed)[0])
    assert all(np.array_equal(a, b) for a, b in zip(play(env, actions), play(other, actions), strict=True))


@given(seeds)
@settings(max_examples=12, deadline=None)
def test_every_level_is_solvable(seed: int) -> None:
    level = generate(seed)
    actions = solve(level)
    assert actions is not None
    world = Simulation(level)
    for action in actions:
        world.step(action)
    assert world.done and world.score > 0


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_no_pit_and_no_step_is_beyond_a_jump_unless_something_carries(seed: int) -> None:
    level, (across, up) = generate(seed), reach()
    tops = [next((r for r in range(12) if tiles[r] == SOLID), None) for tiles in level.tiles]
    carried = {c for m in level.platforms for c in range(m.x // 128 - 1, (m.x + m.dx) // 128 + m.width // 8 + 2)}
    empty = 0
    for column, top in enumerate(tops):
        empty = empty + 1 if top is None else 0
        assert empty <= across or column in carried
        if top is not None and column and tops[column - 1] is not None:
            assert tops[column - 1] - top <= up
    assert 80 <= len(tops) <= 130 and level.tiles[level.goal[0]][level.goal[1]] == SOLID


@given(seeds, plays)
@settings(max_examples=12, deadline=None)
def test_the_performer_never_stands_inside_anything_solid_and_never_leaves_the_frame(
    seed: int, actions: list[int]
) -> None:
    world = Simulation(generate(seed))
    for action in actions:
        world.step(action)
        column, row = (world.x // 16 + 4) // 8, (world.y // 16 - 4) // 8
        if not world.wire and 0 <= row < 12:
            assert world.level.tiles[column][row] in (EMPTY, 2)
        assert 0 <= world.x // 16 - world.camera <= 120
        assert abs(world.vx) <= 48 and -132 - 20 <= world.vy <= 96


@pytest.mark.parametrize("action", [-1, 8, 99, 1.5, "jump", None])
def test_an_action_that_does_not_exist_names_those_that_do(env: Backlot, action: object) -> None:
    env.reset(seed=0)
    with pytest.raises(BadInput, match=r"action .* does not exist; choose from: 0 noop, 1 left, 2 right"):
        env.step(action)  # type: ignore[arg-type]


def test_an_unknown_environment_names_the_choices() -> None:
    with pytest.raises(BadInput, match=r"unknown worlds\.envs 'doom'; choose from: backlot"):
        open_environment("doom")


def test_it_is_a_gymnasium_environment() -> None:
    check_env(Backlot(), skip_render_check=True)


def test_each_action_does_what_its_name_says(env: Backlot) -> None:
    def after(name: str, steps: int = 6) -> dict[str, float]:
        env.reset(seed=5)
        play(env, [env.action_names.index("right")] * 4 + [env.action_names.index(name)] * steps)
        return env.state()["player"]

    rest = after("noop")
    assert after("left")["x"] < rest["x"] < after("right")["x"] < after("run_right")["x"]
    assert after("jump")["y"] < rest["y"] and not after("jump")["on_ground"]
    assert after("jump_left")["x"] < after("jump")["x"] < after("jump_right")["x"]
    assert after("duck")["ducking"] and after("duck")["y"] == rest["y"]


def test_a_fall_ends_on_a_wire_over_the_last_safe_place_and_the_world_goes_on(env: Backlot) -> None:
    world = Simulation(next(g for s in range(50) if (g := generate(s)).platforms))
    pit = next(c for c, tiles in enumerate(world.level.tiles) if not any(tiles))
    world.x, world.y, world.home = pit * 128, 9 * 128, 3 * 128
    rewards = [world.step(0) for _ in range(60)]
    assert rewards.count(-1) == 1 and world.x == 3 * 128
    for _ in range(60):
        world.step(0)
    assert world.ground and not world.wire and not world.done


def test_an_enemy_is_squashed_from_above_and_knocks_back_from_the_side() -> None:
    level = next(g for s in range(50) if (g := generate(s)).enemies and g.enemies[0].kind == 0)
    enemy = level.enemies[0]
    side, above = Simulation(level), Simulation(level)
    ex, ey = enemy.at(1)
    side.x, side.y = ex - 4 * 16, ey + 8 * 16
    above.x, above.y, above.vy, above.ground = ex, ey - 3 * 16, 60, False
    assert side.step(0) == -1 and side.stunned and side.contact_enemy
    assert above.step(0) == 1 and above.squashed == {0: 1} and above.vy < 0


def test_what_the_state_says_is_where_the_picture_shows_it(env: Backlot) -> None:
    env.reset(seed=2)
    for action in plan(env.world, ahead=80) or []:
        frame = env.step(action)[0]
        _kind, left, top, right, bottom = next(b for b in env.boxes() if env.kinds[b[0] - 1] == "performer")
        coat = (np.abs(frame[top:bottom, left:right].astype(int) - (214, 58, 52)).sum(-1) < 30).sum()
        player = env.state()["player"]
        assert coat >= 4 and left <= player["screen_x"] <= right and top <= player["screen_y"] - 1 <= bottom


def test_nothing_but_what_moves_changes_while_the_camera_stands(env: Backlot) -> None:
    env.reset(seed=3)
    first, before = env.render(), env.boxes()
    second, after = env.step(0)[0], env.boxes()
    changed = (first != second).any(-1)
    for _, left, top, right, bottom in before + after:
        changed[top:bottom, left:right] = False
    assert not changed.any()


def test_steps_with_pictures_are_fast(env: Backlot) -> None:
    """5,000 a second is the goal; a machine shared with other work must still give half of it."""
    actions = np.random.default_rng(0).integers(0, 8, 1000).tolist()
    env.reset(seed=0)
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        play(env, actions)
        best = min(best, time.process_time() - start)
    assert 1000 / best > 2500
