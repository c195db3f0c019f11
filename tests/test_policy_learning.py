"""The director learns from every take: updates are finite and repeatable, and what pays is chosen more often."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from studio.errors import StudioError
from studio.policy import ppo
from studio.policy.director import build, decide, sample, update
from studio.policy.records import Decision, PPOSettings
from studio.policy.rehearsal import made_up, rehearse, shares, uniform
from studio.policy.state import Situation, encode
from studio.policy.versions import PolicyStore, Version, read, shipped_path
from studio.story.direction import SLOTS, Direction

STATE = Situation(prompt="a robot gardens on a rooftop", action="the robot waters a plant", shot=2, shots=3).text()
FULL = {slot: values[0] for slot, values in SLOTS.items()}


@pytest.fixture
def store(tmp_path: Path) -> PolicyStore:
    """A store whose current version is a newborn."""
    store = PolicyStore(tmp_path / "policy")
    store.set_current(store.put(uniform(3)))
    return store


def current(store: PolicyStore) -> Path:
    version = store.current()
    assert version
    return store.path(version)


def test_an_update_is_finite_idempotent_and_makes_a_new_version(store: PolicyStore) -> None:
    decision = decide(current(store), STATE, {}, 0)
    first = update(current(store), decision, 0.8, PPOSettings(), store)
    data = store.path(first.version).read_bytes()
    assert update(current(store), decision, 0.8, PPOSettings(), store) == first
    assert store.path(first.version).read_bytes() == data
    health = first.model_dump(exclude={"version"})
    assert set(health) == {"kl", "policy_loss", "value_loss", "entropy", "clip_fraction", "explained_variance"}
    assert all(math.isfinite(value) for value in health.values())
    assert store.get(first.version).step == 1 and store.get(first.version).reference == store.current()


def test_an_update_is_the_same_bytes_in_another_process(store: PolicyStore, tmp_path: Path) -> None:
    decision = decide(current(store), STATE, {}, 0)
    (tmp_path / "decision.json").write_text(decision.model_dump_json())
    code = (
        "import sys; from pathlib import Path; from studio.policy.director import *\n"
        "decision = Decision.model_validate_json(Path(sys.argv[2]).read_text())\n"
        "store = PolicyStore(Path(sys.argv[1]).parent)\n"
        "print(update(Path(sys.argv[1]), decision, 0.8, PPOSettings(), store).version)"
    )
    command = [sys.executable, "-c", code, str(current(store)), str(tmp_path / "decision.json")]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert other == update(current(store), decision, 0.8, PPOSettings(), store).version


def test_with_no_open_slot_the_value_head_alone_learns(store: PolicyStore) -> None:
    decision = decide(current(store), STATE, FULL, 0)
    result = update(current(store), decision, 0.9, PPOSettings(), store)
    assert all(math.isfinite(value) for value in result.model_dump(exclude={"version"}).values())
    before, after = read(current(store))[0].weights, store.get(result.version).weights
    changed = {name for name in before if (before[name] != after[name]).any()}
    assert changed and all(name.startswith("value.") for name in changed)


def test_a_decision_of_an_older_version_can_still_be_learned_from(store: PolicyStore) -> None:
    decisions = [decide(current(store), STATE, {}, seed) for seed in range(3)]
    path = current(store)
    for decision, reward in zip(decisions, (0.2, 0.9, 0.6), strict=True):
        result = update(path, decision, reward, PPOSettings(), store)
        path = store.path(result.version)
        assert math.isfinite(result.policy_loss)
    assert read(path)[0].step == 3


def test_a_chain_learns_the_same_whether_or_not_it_restarts(store: PolicyStore) -> None:
    situations = made_up(0)
    in_memory = rehearse(lambda _s, d: 0.9 if d["style"] == "clear" else 0.3, 4, 11, uniform(3), situations)
    path = current(store)
    for take in range(4):
        decision = decide(path, situations(take).text(), {}, 11 + take)
        reward = 0.9 if decision.direction["style"] == "clear" else 0.3
        path = store.path(update(path, decision, reward, PPOSettings(), store).version)
    version, loop = read(path)[0], in_memory.version
    assert all((version.weights[k] == loop.weights[k]).all() for k in version.weights)
    assert all((version.moments[k] == loop.moments[k]).all() for k in version.moments)
    assert (version.steps, version.baseline) == (loop.steps, loop.baseline)


@pytest.mark.parametrize("reward", [-0.1, 1.1, float("nan")])
def test_an_impossible_reward_is_refused(store: PolicyStore, reward: float) -> None:
    with pytest.raises(StudioError, match="outside"):
        update(current(store), decide(current(store), STATE, {}, 0), reward, PPOSettings(), store)


def learned_share(slot: str, value: str, seed: int, takes: int) -> tuple[float, float]:
    """How often ``value`` is chosen after ``takes`` takes that pay for it, and the mean entropy of all slots then."""
    situations = made_up(seed)
    result = rehearse(lambda _s, d: 0.9 if d[slot] == value else 0.3, takes, seed, uniform(seed), situations)
    unseen = [made_up(seed + 1000)(i) for i in range(50)]
    return shares(result.version, unseen, slot).get(value, 0.0), result.health[-1]["entropy"]


@pytest.mark.slow
def test_rehearsal_moves_the_policy_towards_what_pays() -> None:
    share, entropy = learned_share("style", "strong", 0, 150)
    assert share >= 0.6
    assert entropy > 0.8  # uniform is 1.55 nats a slot: the six other slots are still open minded


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slot", "value"), [("shot_size", "close"), ("camera_move", "crane"), ("lighting", "golden"), ("style", "subtle")]
)
def test_from_uniform_to_four_in_five_within_300_takes(slot: str, value: str) -> None:
    results = [learned_share(slot, value, seed, 300) for seed in range(5)]
    assert statistics.median(share for share, _ in results) >= 0.8
    assert statistics.median(entropy for _, entropy in results) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize(("slot", "value"), [("camera_move", "track"), ("lighting", "silhouette")])
def test_the_shipped_policy_learns_too_and_keeps_its_other_habits(slot: str, value: str) -> None:
    unseen = [made_up(77)(i) for i in range(60)]
    others = [other for other in SLOTS if other != slot]
    result = rehearse(lambda _s, d: 0.9 if d[slot] == value else 0.3, 300, 0, shipped_path())
    before = read(shipped_path())[0]
    assert shares(result.version, unseen, slot).get(value, 0.0) > shares(before, unseen, slot).get(value, 0.0) + 0.2
    for other in others:
        counts = [shares(version, unseen, other) for version in (before, result.version)]
        moved = sum(abs(counts[0].get(v, 0.0) - counts[1].get(v, 0.0)) for v in SLOTS[other]) / 2
        assert moved < 0.45, f"{other} moved by {moved:.2f} though nothing paid for it"


def test_trl_trains_the_same_policy_on_rehearsed_takes() -> None:
    from studio.policy.train import DirectorConfig, DirectorLM, Tokens, train

    version, name = read(shipped_path())
    model, dressed = build(version, name), DirectorLM(DirectorConfig(), build(version, name))
    decision = decide(shipped_path(), STATE, {}, 0)
    episode = ppo.Episode.of(STATE, decision.direction, [], [])
    query = Tokens()([STATE])["input_ids"]
    assert query == [encode(STATE, {})]
    with torch.no_grad():
        expected = ppo.evaluate(model, episode)[0]
        logits = dressed(episode.tokens).logits[0, -len(SLOTS) :].log_softmax(-1)
        heights = logits[:, 4 : 4 + expected.shape[1]]
    torch.testing.assert_close(heights[episode.allowed], expected[episode.allowed], atol=1e-5, rtol=1e-5)
    trained = train(shipped_path(), steps=2, shots=4, takes=4)
    assert trained.reference == name
    assert any((trained.weights[k] != version.weights[k]).any() for k in version.weights)
    assert all((trained.weights[k] == version.weights[k]).all() for k in version.weights if k.startswith("value."))
    assert Direction(**decide_with(trained).direction)


def decide_with(version: Version) -> Decision:
    return sample(build(version, "x"), version.random, "x", STATE, {}, 0)
