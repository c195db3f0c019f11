"""Shooting in a game's world: blocking becomes key presses, and a kind of scene has an engine of its own."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import FLAT, Studio, assert_same_production, assert_sound, here
from PIL import Image

from studio.config import Workspace
from studio.crew.clearance import of_production
from studio.engines.world import Engine
from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.llm._offline.games import kinds
from studio.llm._offline.plan import plan
from studio.rewards._game import performed, scrolled
from studio.rewards.base import Footage
from studio.story.brief import Brief
from studio.story.document import CreativeDocument, Location
from studio.worlds import blocking, seen
from studio.worlds.blocking import Move
from studio.worlds.envs._backlot.constants import ACTIONS
from studio.worlds.envs._backlot.level import generate
from studio.worlds.envs.backlot import Backlot
from studio.worlds.establishing import LEVELS, establish, level_of, rehearse
from studio.worlds.screen import Screen

GAME = ["--set", "production.engine_for.game=world"]


# --- blocking


@pytest.mark.parametrize(
    ("action", "moves"),
    [
        ("She runs and jumps over the gap.", [Move("run", 1), Move("jump", 1)]),
        ("He waits, then walks back to the door.", [Move("wait"), Move("walk", -1)]),
        ("The hero ducked; she sprinted left.", [Move("duck"), Move("run", -1)]),
        ("The knight leaps.", [Move("jump"), Move("walk", 1)]),
        ("Dust everywhere.", [Move("walk", 1)]),
        ("She waits.", [Move("wait"), Move("walk", 1)]),
    ],
)
def test_the_words_of_an_action_become_moves(action: str, moves: list[Move]) -> None:
    assert blocking.moves(action) == moves


def test_moves_become_as_many_keys_as_the_shot_has_steps() -> None:
    planned = blocking.moves("She waits, ducks, runs and jumps, then walks left.")
    for steps in (1, 7, 60, 400):
        keys = blocking.keys(planned, steps, random.Random(3))
        assert len(keys) == steps and set(keys) <= set(ACTIONS)
    keys = blocking.keys(planned, 120, random.Random(3))
    order = [keys.index(name) for name in ("noop", "duck", "run_right", "left")]
    assert order == sorted(order) and keys[-1] in ("left", "jump_left")


def test_a_model_that_knows_fewer_actions_gets_the_nearest() -> None:
    assert blocking.indices(["run_right", "jump_right", "jump_left", "duck"], ACTIONS, 8) == [7, 5, 4, 6]
    assert blocking.indices(["run_right", "jump_right", "jump_left", "duck"], ACTIONS, 4) == [2, 3, 3, 0]


def test_a_script_is_read_or_refused_in_one_line() -> None:
    assert blocking.script("right*2, jump ,4*3", ACTIONS) == [2, 2, 3, 4, 4, 4]
    for bad in ("fly*3", "right*0", "right*x", "", "right**2", "9*2"):
        with pytest.raises(BadInput, match="the actions are: noop, left"):
            blocking.script(bad, ACTIONS)


# --- the starting frame


def test_a_shot_begins_from_true_frames_of_a_level_that_no_model_has_learned() -> None:
    planned = blocking.moves("runs")
    opening = establish(LEVELS[0] + 5, 3, planned, 40, 8, (96, 128))
    assert opening.frames.shape == (8, 96, 128, 3) and len(opening.actions) == 7 and len(opening.played) == 40
    again = establish(LEVELS[0] + 5, 3, planned, 40, 8, (96, 128))
    assert (again.frames == opening.frames).all() and again.played == opening.played
    other = establish(LEVELS[0] + 5, 4, planned, 40, 8, (96, 128))
    assert (other.frames != opening.frames).any()


@pytest.mark.parametrize(("hour", "lights"), [("night", {2}), ("dawn", {1}), ("noon", {0, 3})])
def test_the_level_has_the_light_of_the_hour(hour: str, lights: set[int]) -> None:
    levels = [level_of(number * 991, hour) for number in range(6)]
    assert {generate(level).theme for level in levels} <= lights
    assert all(LEVELS[0] <= level < sum(LEVELS) for level in levels) and len(set(levels)) == 6


def test_a_rehearsed_run_does_hardly_any_harm() -> None:
    """In one level of twelve an enemy comes by while the performer waits; unrehearsed, most runs end in a pit."""

    def hurt(level: int, rehearsed: bool) -> bool:
        env, planned_, rng = Backlot(), blocking.moves("runs and jumps"), random.Random(level)
        env.reset(seed=level)
        names = rehearse(env, planned_, 60, rng) if rehearsed else blocking.keys(planned_, 60, rng)
        return any(env.world.step(ACTIONS.index(name)) and (env.world.stunned or env.world.wire) for name in names)

    levels = range(LEVELS[0], LEVELS[0] + 12)
    assert sum(hurt(level, True) for level in levels) <= 1 < 4 <= sum(hurt(level, False) for level in levels)


# --- the picture


@pytest.mark.parametrize("frame", [(480, 832), (720, 1280), (832, 480), (48, 64), (96, 128)])
def test_a_small_picture_is_shown_whole_and_read_back(frame: tuple[int, int]) -> None:
    env = Backlot()
    picture = env.reset(seed=3)[0]
    screen = Screen.place((96, 128), frame)
    shown = screen.show(picture)
    assert shown.shape == (*frame, 3)
    back = screen.read(Image.fromarray(shown)).astype(int)
    if frame[0] >= 96 and frame[1] >= 128:
        assert np.abs(back - picture).mean() < 1.5
    assert back.shape == (96, 128, 3)


def test_pixels_stay_sharp_and_the_bars_stay_dark() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    shown = Screen.place((96, 128), (480, 832)).show(picture)
    assert (shown[:, 96:-96] == picture.repeat(5, 0).repeat(5, 1)).all()
    assert shown[:, :90].mean() < 25 and shown[:, 0].max() == 0
    assert (Screen.place((96, 128), (480, 832), fill=True).show(picture)[240, 0] > 0).any()


def brief(engine: Engine, **changes: Any) -> Brief:
    place = Location(id="level", name="the level", kind="field", description="A level.")
    told = {"engine": "world", "engine_version": engine.version, "prompt": "", "seed": 5, "width": 256, "height": 144}
    return Brief(**{**told, "frames": 24, "action": "She runs.", "location": place, **changes})


def frames_of(path: Path) -> np.ndarray:
    import av

    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]).astype(int)


def test_twenty_game_frames_a_second_are_held_for_the_film_s_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each dreamed frame has a light of its own, so that the clip tells which frame is shown when."""
    from studio.worlds import dreaming

    def dream(_model: Any, frames: np.ndarray, _before: Any, names: list[int], _seed: int) -> Any:
        assert frames.shape == (4, 32, 48, 3)
        return (np.full((1, 32, 48, 3), 20 + 5 * n, np.uint8) for n in range(len(names)))

    monkeypatch.setattr(dreaming, "dream", dream)
    engine = Engine.tiny(tmp_path)
    shown = {24.0: [n * 20 // 24 for n in range(24)], 20.0: list(range(24)), 40.0: [n // 2 for n in range(24)]}
    for fps, wanted in shown.items():
        clip = engine.shoot(brief(engine, fps=fps), tmp_path / f"{fps}.mp4", lambda share: None)
        lights = frames_of(clip.path)[:, 40:100, 100:150].mean((1, 2, 3))
        assert [round((light - 20) / 5) for light in lights] == wanted
    assert "dreamed by latent_flow from 4 true frames of level" in clip.notes[0]


def test_another_action_and_another_place_give_other_pictures(tmp_path: Path) -> None:
    engine = Engine.tiny(tmp_path)
    other = Location(id="level-2", name="the next level", kind="field", description="Another.")
    made = [
        frames_of(engine.shoot(asked, tmp_path / f"{n}.mp4", lambda share: None).path)
        for n, asked in enumerate(
            (brief(engine), brief(engine, action="She walks left."), brief(engine, location=other))
        )
    ]
    assert np.abs(made[0] - made[1]).max() > 3 and np.abs(made[0] - made[2]).max() > 3


def test_weights_that_are_missing_are_one_line_with_the_remedy(space: Workspace) -> None:
    for model in ("nowhere.safetensors", "no_such_model"):
        said = here("make", "--prompt", "x", "--engine", "world", "--set", f"engines.world.model={model}")
        assert said.returncode == 2 and len(said.stderr.strip().splitlines()) == 1, said.stderr
        assert "engine world needs the weights" in said.stderr and "studio world train" in said.stderr
    assert not space.runs.exists()


def test_weights_of_another_kind_fail_the_attempt_in_one_line(tmp_path: Path) -> None:
    from studio.errors import EngineFailed
    from studio.worlds.models.autoencoder import Model
    from studio.worlds.models.base import save_weights

    save_weights(Model.tiny(), tmp_path / "codec.safetensors")
    engine = Engine({"model": "codec.safetensors"}, {"model": tmp_path / "codec.safetensors"})
    with pytest.raises(EngineFailed, match="a world model is wanted"):
        engine.shoot(brief(engine), tmp_path / "out.mp4", lambda share: None)
    assert not (tmp_path / "out.mp4").exists()


# --- which scenes are games

GAMES = (
    "a speedrunner's last level, told like a heist",
    "inside an arcade machine, a knight looks for the exit",
    "the boss fight, as the boss remembers it",
    "a lonely princess trapped in a video game teaches herself to jump",
    "two gamers play the old arcade game one last time before the mall closes",
    "an 8-bit hero discovers that the world has a third dimension",
)
NO_GAMES = (
    "a lighthouse keeper adopts a lost whale",
    "two rivals play a game of chess in the park",
    "a hunter of big game loses the way in the desert",
    "a thief hides in a shopping arcade at night",
    "a boy sells his video games to buy a dog",
    "the boss fights with her employees about coffee",
    "the last level of the car park is flooded",
)


@pytest.mark.parametrize("prompt", GAMES)
def test_a_film_about_a_game_has_scenes_in_it(prompt: str) -> None:
    for total in (1, 2, 3, 6):
        found = kinds(prompt, total)
        assert len(found) == total and "game" in found


@pytest.mark.parametrize("prompt", NO_GAMES)
def test_a_film_about_anything_else_has_none(prompt: str) -> None:
    assert set(kinds(prompt, 6)) == {""}


def planned(prompt: str, scenes: int) -> CreativeDocument:
    told = {"prompt": prompt, "scenes": scenes, "max_characters": 8, "max_locations": 8, "seed": 0, "bible": None}
    return CreativeDocument.model_validate(plan(told)[0])


def test_the_offline_director_leaves_the_screen_at_both_ends_of_a_player_s_story() -> None:
    document = planned(GAMES[0], 6)
    assert [scene.kind for scene in document.scenes] == ["", "game", "game", "game", "game", ""]
    stage = {scene.location for scene in document.scenes if scene.kind}
    assert stage == {"last-level"} and document.scenes[0].location not in stage
    actions = [shot.action for scene in document.scenes if scene.kind for shot in scene.shots]
    assert len(set(actions)) == len(actions) and all("speedrunner" in action for action in actions)


def test_scenes_of_older_plans_and_other_screenwriters_are_no_games() -> None:
    plan_ = planned(NO_GAMES[0], 2).model_dump(mode="json")
    for scene in plan_["scenes"]:
        del scene["kind"]
    assert [scene.kind for scene in CreativeDocument.model_validate(plan_).scenes] == ["", ""]
    described = CreativeDocument.model_json_schema()["$defs"]["Scene"]["properties"]["kind"]
    assert described["enum"] == ["", "game"] and "video game" in described["description"]


# --- engine_for


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("production.engine_for.gaem=world", "unknown kind of scene 'gaem'; choose from: game"),
        ("production.engine_for.game=wrold", "unknown engine 'wrold'; choose from: animatediff"),
        ("production.engine_for=world", "production.engine_for = 'world'"),
    ],
)
def test_an_unknown_kind_or_engine_is_one_line(space: Workspace, setting: str, said: str) -> None:
    done = here("make", "--prompt", "x", "--set", setting)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not space.runs.exists()


def test_every_engine_s_licence_is_asked_for(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.config import load

    monkeypatch.setattr(Engine, "licence", Licence(weights=Part("Odd-Licence")))
    settings = load(space, sets=["production.engine_for.game=world"])
    assert {"engine previz", "engine world"} <= set(of_production(space, settings))
    said = here("make", "--prompt", "x", *GAME)
    assert said.returncode == 2 and "engine world: its weights are under Odd-Licence" in said.stderr


def test_check_tells_of_the_weights_of_every_engine(space: Workspace) -> None:
    said = here("check", "--set", "production.engine_for.game=world", "--set", "engines.world.model=gone.safetensors")
    assert said.returncode != 0
    assert "engine world: model" in said.stdout and "studio world train latent_flow" in said.stdout


# --- what the critic asks


def game_footage(frames: np.ndarray, action: str = "She runs.", **changes: Any) -> Footage:
    screen = Screen.place(seen.SIZE, (144, 256))
    shown = np.stack([screen.show(frame) for frame in frames])
    thumbs = np.stack([np.asarray(Image.fromarray(f).convert("L").resize((104, 60))) for f in shown])
    asked = Brief(
        engine="world", engine_version="", prompt="", width=256, height=144, frames=len(frames), fps=20.0,
        action=action, location=Location(id="level", name="the level", kind="field", description="A level."),
    )  # fmt: skip
    return Footage(asked, shown[:: max(1, len(shown) // 5)][:5], thumbs=thumbs, game="backlot", **changes)


def played(names: list[str], seed: int = 7) -> np.ndarray:
    env = Backlot()
    env.reset(seed=seed)
    return np.stack([env.step(ACTIONS.index(name))[0] for name in names])


def test_the_performer_is_found_where_it_is_and_missed_where_it_is_not() -> None:
    frames = played(["right"] * 30)
    assert performed(game_footage(frames)) == 1.0
    hidden = frames.copy()
    for frame in hidden:
        _, left, top = seen.performer(frame)
        frame[max(0, top - 1) : top + 18, left - 1 : left + 15] = frame[max(0, top - 3), left]
    assert performed(game_footage(hidden)) == 0.0


def test_a_level_scrolls_past_as_the_blocking_goes_or_the_critic_says_so() -> None:
    from studio.rewards.narrative_coherence import Term

    run, still = played(["run_right"] * 12 + ["jump_right"] * 40), played(["noop"] * 40)
    assert scrolled(game_footage(run).thumbs, 20.0) > 0.1 > abs(scrolled(game_footage(still).thumbs, 20.0))
    state: dict[str, Any] = {"number": 1, "present": []}
    right = Term().score(game_footage(run, scene_state=state))
    assert right.checks["blocking"] == 1.0 and right.notes == []
    for footage in (game_footage(run[::-1], scene_state=state), game_footage(still, scene_state=state)):
        judged = Term().score(footage)
        assert judged.checks["blocking"] < 0.6 and "does not move as the action says" in judged.notes[0]
        assert judged.value is not None and right.value is not None and judged.value < right.value


def test_what_a_game_s_picture_cannot_show_is_not_asked_and_said() -> None:
    from studio.plugins import load

    footage = game_footage(played(["right"] * 30), scene_state={"number": 1, "present": []})
    unasked: dict[str, str] = {}
    for name in ("visual_quality", "character_consistency", "location_consistency", "narrative_coherence"):
        judged = load("rewards", name).Term().score(footage)
        unasked |= judged.unasked
        assert (judged.value is None) == name.endswith("_consistency")
        assert not set(judged.unasked) & set(judged.checks)
    wanted = {
        "character_consistency",
        "location_consistency",
        "cast",
        "hour",
        "weather",
        "prompt",
        "coverage",
        "subject",
    }
    assert set(unasked) == wanted and all("game's own" in why for why in unasked.values())


# --- the whole film


def take_reports(made: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    scenes = made["report"]["scenes"]
    return [(scene["kind"], take) for scene in scenes for shot in scene["shots"] for take in shot["takes"]]


def made_of(weights: Path) -> list[str]:
    """A film of few small takes, the first term of the real critic among its judges."""
    return [
        "--prompt", GAMES[0], *FLAT, "--llm", "offline", *GAME, "--set", f"engines.world.model={weights}",
        "--set", "reward.visual_quality=1", "--set", "rl.takes_per_shot=1", "--name", "film", "--json",
    ]  # fmt: skip


def assert_both_engines_are_told_of(made: dict[str, Any]) -> None:
    """In every part of the report that must know which engine made what."""
    report = made["report"]
    for kind, take in take_reports(made):
        assert take["engine"] == ("world" if kind else report["production"]["engine"])
        assert ("performer" in take["critic"]["checks"]) == bool(kind) == bool(take["critic"]["unasked"])
        assert kind == "" or take["policy_update"] is None
    assert report["production"]["engine_for"] == {"game": "world"}
    assert any("engine world shows a game's own picture" in text for text in report["fallbacks"])
    assert {f"engine {report['production']['engine']}", "engine world"} <= set(report["licences"]["tools"])


def test_a_film_set_in_a_game_is_shot_by_the_world_model_and_judged(space: Workspace, tmp_path: Path) -> None:
    weights = Engine.tiny(tmp_path).weights["model"]
    plan_ = planned(GAMES[0], 1).model_dump(mode="json")
    plan_["scenes"][0]["shots"] = [{**plan_["scenes"][0]["shots"][0], "seconds": 1}]
    (tmp_path / "plan.json").write_text(json.dumps(plan_))
    small = ["--set", "production.width=128", "--set", "production.height=96", "--set", "rl.takes_per_shot=1"]
    off = [f"--set=reward.{name}=0" for name in ("character_consistency", "location_consistency")]
    off += [f"--set=sound.{name}=false" for name in ("score", "ambience", "effects")]
    done = here(
        "make", "--storyboard", str(tmp_path / "plan.json"), *GAME, f"--set=engines.world.model={weights}",
        *small, *off, "--set", "stage.workers=1", "--set", "rl.learn=false", "--name", "film", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert [kind for kind, _ in take_reports(made)] == ["game"]
    assert_both_engines_are_told_of(made)
    slate = json.loads((space.runs / "film" / "slate.json").read_text())
    assert slate["engines"]["world"]["version"] == Engine.version and len(slate["engines"]["world"]["weights"]) == 64


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_production_killed_between_takes_of_the_world_model_is_the_same_film(package: Path, tmp_path: Path) -> None:
    weights = Engine.tiny(tmp_path).weights["model"]
    whole, killed = (Studio(package, tmp_path / name) for name in ("whole", "killed"))
    for studio in (whole, killed):
        studio.space.mkdir()
    process = killed.start("make", *made_of(weights))
    log = killed.space / "runs" / "film" / "log.jsonl"
    while process.poll() is None and not shot_by_the_world(log):
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = weights.read_bytes()
    weights.write_bytes(before + b" ")
    refused = killed("resume", "film")
    assert refused.returncode == 1
    assert "engine world: its weights are not those that film was begun with" in refused.stderr
    weights.write_bytes(before)
    resumed, done = killed("resume", "film", "--json"), whole("make", *made_of(weights))
    assert resumed.returncode == 0 and done.returncode == 0, resumed.stderr + done.stderr
    made = json.loads(done.stdout)
    assert_same_production(made, json.loads(resumed.stdout))
    assert_sound(killed.space, "film")
    assert_both_engines_are_told_of(made)
    assert {kind for kind, _ in take_reports(made)} == {"", "game"}


def shot_by_the_world(log: Path) -> bool:
    """Whether a take of the second scene, which is set in a game, was committed."""
    lines = log.read_text().splitlines() if log.exists() else []
    return any('"take_committed"' in line and '"scene": 2' in line for line in lines)
