"""The learning director: what it samples can be filmed, what it learns is kept, and the arithmetic is right."""

from __future__ import annotations

import math
import random
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from studio.errors import BadInput, StudioError
from studio.policy import ppo
from studio.policy.director import build, decide, one_thread, sample, update
from studio.policy.film_grammar import NOTES, example_situation, grammar_reward, preferences
from studio.policy.grammar import Grammar
from studio.policy.imitation import batch, imitate, imitation_loss
from studio.policy.model import newborn
from studio.policy.records import Decision, PPOSettings
from studio.policy.rehearsal import bench, made_up, rehearse, shares, uniform
from studio.policy.state import CONTEXT, FACTS, FIRST_WORD, NOTE_WORDS, Situation, encode
from studio.policy.versions import PolicyStore, Version, from_bytes, read, shipped_path, to_bytes
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


# --- arithmetic -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 7, 40])
def test_gae_agrees_with_a_plain_loop_in_float64(steps: int) -> None:
    generator = torch.Generator().manual_seed(steps)
    rewards, values = torch.randn(2, steps, generator=generator).unbind()
    running, expected = 0.0, [0.0] * steps
    for t in reversed(range(steps)):
        following = float(values[t + 1]) if t + 1 < steps else 0.0
        running = float(rewards[t]) + 0.99 * following - float(values[t]) + 0.99 * 0.95 * running
        expected[t] = running
    torch.testing.assert_close(
        ppo.gae(rewards, values, 0.99, 0.95).double(), torch.tensor(expected, dtype=torch.float64), rtol=1e-4, atol=1e-5
    )


def test_log_probabilities_and_entropy_agree_with_trl() -> None:
    from trl.trainer.utils import entropy_from_logits, selective_log_softmax

    decision = decide(shipped_path(), STATE, {}, 5)
    model = build(*read(shipped_path()))
    episode = ppo.Episode.of(STATE, decision.direction, decision.forced, decision.avoid)
    with torch.no_grad():
        logprobs, _ = ppo.evaluate(model, episode)
        logits = model(episode.tokens)[0][0, -len(SLOTS) :].masked_fill(~episode.allowed, -1e4)
    ours = logprobs.gather(-1, episode.chosen[:, None])[:, 0]
    torch.testing.assert_close(ours, selective_log_softmax(logits, episode.chosen))
    torch.testing.assert_close(ppo.entropy(logprobs), entropy_from_logits(logits))
    torch.testing.assert_close(ours, torch.tensor(decision.logprobs), atol=1e-5, rtol=1e-5)


def test_forced_slots_get_no_policy_gradient() -> None:
    forced = {"angle": "low", "style": "strong"}
    decision = decide(shipped_path(), STATE, forced, 1)
    assert decision.forced == ["angle", "style"] and len(decision.logprobs) == 5
    model = build(*read(shipped_path()))
    episode = ppo.Episode.of(STATE, decision.direction, decision.forced, decision.avoid)
    seen: list[torch.Tensor] = []
    model.policy.register_full_backward_hook(lambda _module, _into, out: seen.append(out[0]))
    logprobs, _ = ppo.evaluate(model, episode)
    logprobs.gather(-1, episode.chosen[:, None]).sum().backward()
    by_slot = dict(zip(SLOTS, seen[0][0, -len(SLOTS) :].abs().sum(-1).tolist(), strict=True))
    assert all((by_slot[slot] == 0) == (slot in forced) for slot in SLOTS)


def test_model_keeps_its_shape_and_does_not_look_ahead() -> None:
    model = newborn(0)
    tokens = torch.tensor([encode(STATE, {})])
    logits, values = model(tokens)
    assert logits.shape == (1, tokens.shape[1], 36) and values.shape == tokens.shape
    torch.nn.init.normal_(model.policy.weight, generator=torch.Generator().manual_seed(0))
    changed = tokens.clone()
    changed[0, -1] = 99
    torch.testing.assert_close(model(tokens)[0][:, :-1], model(changed)[0][:, :-1])
    padded = torch.cat([torch.zeros(1, 3, dtype=torch.long), tokens], 1)
    torch.testing.assert_close(model(padded, (padded != 0).long())[0][:, 3:], model(tokens)[0], atol=1e-5, rtol=1e-4)


# --- decisions ------------------------------------------------------------------------------------------------------


def test_a_thousand_samples_are_all_valid_and_keep_what_is_forced() -> None:
    version, name = read(shipped_path())
    model = build(version, name)
    situations = made_up(7)
    forced = [{}, {"shot_size": "close"}, {"lighting": "golden", "camera_move": "crane", "style": "clear"}, FULL]
    with one_thread():
        for seed in range(1000):
            fixed = forced[seed % 4]
            decision = sample(model, version.random, name, situations(seed % 50).text(), fixed, seed)
            Direction(**decision.direction)
            assert list(decision.direction) == list(SLOTS)
            assert fixed.items() <= decision.direction.items()
            assert all(math.isfinite(p) and p <= 0 for p in decision.logprobs)


def test_a_retake_differs_from_every_earlier_direction_in_an_open_slot() -> None:
    forced = {slot: value for slot, value in FULL.items() if slot not in ("detail", "style")}
    earlier: list[dict[str, str]] = []
    for seed in range(9):
        decision = decide(shipped_path(), STATE, forced, seed, earlier)
        assert decision.direction not in earlier
        earlier.append(decision.direction)
    assert len({(one["detail"], one["style"]) for one in earlier}) == 9
    assert decide(shipped_path(), STATE, forced, 9, earlier).direction == earlier[0]  # the oldest is let go


def test_a_retake_of_a_fixed_shot_has_nothing_to_choose() -> None:
    decision = decide(shipped_path(), STATE, FULL, 0, [FULL])
    assert decision.direction == FULL and decision.open == [] and len(decision.values) == 1


def test_unknown_forced_values_are_named_with_the_choices() -> None:
    with pytest.raises(BadInput, match=r"angle='sideways'.*low, eye, high, overhead"):
        decide(shipped_path(), STATE, {"angle": "sideways"}, 0)


def test_decisions_repeat_and_seeds_matter() -> None:
    assert decide(shipped_path(), STATE, {}, 1) == decide(shipped_path(), STATE, {}, 1)
    assert len({str(decide(shipped_path(), STATE, {}, seed).direction) for seed in range(12)}) > 8


def test_a_decision_survives_json() -> None:
    decision = decide(shipped_path(), STATE, {"angle": "low"}, 1, [FULL])
    assert Decision.model_validate_json(decision.model_dump_json()) == decision


def test_facts_and_values_have_tokens_of_their_own() -> None:
    assert len(set(FACTS.values())) == len(FACTS) and max(FACTS.values()) < FIRST_WORD
    known = Situation(recent=[FULL], rewards=[0.51], scene=40, scenes=40, take=9, characters=9, indoors=True)
    words = [word for word in known.text().split() if ":" in word]
    assert len(words) == 20 and all(word in FACTS for word in words)


@pytest.mark.parametrize("text", ["", "x " * 5000, "日本語のプロンプト 🎬🎥", "a" * 10_000])
def test_any_state_text_fits(text: str) -> None:
    assert len(encode(text, FULL)) + len(SLOTS) <= CONTEXT
    assert decide(shipped_path(), text, {}, 0).direction
    Situation(prompt=text, action=text, notes=[text], continuity=[text] * 9, recent=[FULL] * 5, rewards=[0.5]).text()


def test_the_grammar_never_leads_into_a_dead_end() -> None:
    forced = {slot: value for slot, value in FULL.items() if slot not in ("shot_size", "detail")}
    blocked = [FULL | {"detail": detail} for detail in SLOTS["detail"]]
    grammar = Grammar(forced, blocked)
    assert FULL["shot_size"] not in grammar.allowed([]) and len(grammar.allowed([])) == 6


# --- learning -------------------------------------------------------------------------------------------------------


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


# --- versions -------------------------------------------------------------------------------------------------------


def test_a_version_round_trips_to_the_bit(store: PolicyStore) -> None:
    decision = decide(current(store), STATE, {}, 0)
    name = update(current(store), decision, 0.4, PPOSettings(), store).version
    data = store.path(name).read_bytes()
    assert to_bytes(from_bytes(data, "here")) == data
    assert PolicyStore(store.folder).get(name).step == 1


def test_the_pointer_survives_restart_and_pruning_keeps_the_reference(store: PolicyStore) -> None:
    path, names = current(store), [str(store.current())]
    for seed in range(3):
        result = update(path, decide(path, STATE, {}, seed), 0.5, PPOSettings(), store)
        names.append(result.version)
        path = store.path(result.version)
    store.set_current(names[-1])
    again = PolicyStore(store.folder)
    assert again.current() == names[-1]
    assert sorted(again.prune(set())) == sorted(names[1:-1])
    assert sorted(p.stem for p in again.folder.glob("*.safetensors")) == sorted([names[0], names[-1]])
    assert not list(again.folder.glob(".*"))


def test_another_store_adopts_a_version_with_its_reference(store: PolicyStore, tmp_path: Path) -> None:
    result = update(current(store), decide(current(store), STATE, {}, 0), 0.5, PPOSettings(), store)
    other = PolicyStore(tmp_path / "other")
    assert other.current() is None
    assert other.adopt(store.path(result.version)) == result.version
    assert other.path(str(store.current())).exists()
    decision = decide(other.path(result.version), STATE, {}, 1)
    assert update(other.path(result.version), decision, 0.5, PPOSettings(), other).version


@pytest.mark.parametrize("damage", ["truncate", "empty", "flip", "text", "other"])
@pytest.mark.parametrize("named", [True, False])
def test_a_damaged_version_is_named(store: PolicyStore, tmp_path: Path, damage: str, named: bool) -> None:
    path = current(store) if named else tmp_path / "mine.safetensors"
    data = bytearray(current(store).read_bytes())
    data[len(data) // 2] ^= 8
    whole = bytes(current(store).read_bytes())
    broken = {"truncate": whole[:-100], "empty": b"", "flip": bytes(data), "text": b"hello there, policy"}
    path.write_bytes(broken.get(damage) or (b"" if damage == "empty" else (8).to_bytes(8, "little") + b'{"a":{}}'))
    with pytest.raises(StudioError, match=str(path)):
        decide(path, STATE, {}, 0)


def test_a_missing_version_or_pointer_target_is_named(store: PolicyStore) -> None:
    with pytest.raises(StudioError, match="cannot be read"):
        store.get("0" * 64)
    with pytest.raises(BadInput, match="not a sha256"):
        store.path("../../etc")
    current(store).unlink()
    with pytest.raises(StudioError, match="names no stored policy version"):
        store.current()


# --- the shipped policy and film grammar ----------------------------------------------------------------------------


def test_the_shipped_policy_is_small_and_knows_film_grammar() -> None:
    assert shipped_path().stat().st_size <= 1_000_000
    model = build(*read(shipped_path()))
    with torch.no_grad():
        assert float(imitation_loss(model, *batch(random.Random(99), 64))) < 0.12
    marks = bench({"shipped": read(shipped_path())[0], "uniform": uniform(0)}, draws=100)
    assert marks["shipped"] > marks["uniform"] + 0.15
    assert marks["shipped"] > marks["film grammar"] - 0.04


def test_scenes_open_wide_and_tension_brings_the_camera_closer() -> None:
    version = read(shipped_path())[0]
    opening = [made_up(1)(i).model_copy(update={"shot": 1, "notes": [], "recent": []}) for i in range(40)]
    opening = [one for one in opening if one.characters]
    sizes = shares(version, opening, "shot_size")
    assert sum(sizes.get(size, 0) for size in ("extreme-wide", "wide", "full")) > 0.85
    tense = Situation(beat="crisis", scene=5, scenes=6, shot=2, shots=3, action="Mira looks at the sky")
    calm = tense.model_copy(update={"beat": "setup", "scene": 1})
    near = [
        sum(shares(version, [one], "shot_size", 60).get(size, 0) for size in ("close", "extreme-close"))
        for one in (tense, calm)
    ]
    assert near[0] > near[1] + 0.2


def test_notes_change_what_is_sampled() -> None:
    version = read(shipped_path())[0]
    plain = Situation(beat="turn", scene=3, scenes=6, shot=2, shots=3, time_of_day="night", action="Mira sits down")
    dark = plain.model_copy(update={"notes": ["too dark: frames 0 to 96, by 30%"], "take": 2})
    bright = [shares(version, [one], "lighting", 60).get("high-key", 0) for one in (plain, dark)]
    assert bright[1] > bright[0] + 0.2


def test_film_grammar_weights_are_distributions_and_break_up_repetition() -> None:
    dice = random.Random(0)
    for _ in range(200):
        situation = example_situation(dice)
        for slot in SLOTS:
            weights = preferences(situation, {}, slot)
            assert set(weights) == set(SLOTS[slot]) and math.isclose(sum(weights.values()), 1)
            assert min(weights.values()) >= 0.0099
    thrice = Situation(shot=2, shots=4, recent=[FULL | {"shot_size": "medium"}] * 2)
    assert preferences(thrice, {}, "shot_size")["medium"] == pytest.approx(0.01)
    assert 0 <= grammar_reward(thrice, FULL) <= 1
    assert set(NOTES) == set(NOTE_WORDS)
    assert all(set(weights) <= set(SLOTS[slot]) for answers in NOTES.values() for slot, weights in answers.items())


def test_imitation_is_repeatable_and_learns() -> None:
    short = imitate(steps=8)
    assert to_bytes(short) == to_bytes(imitate(steps=8))
    held_out = batch(random.Random(1), 64)
    with torch.no_grad():
        losses = [float(imitation_loss(build(one, "x"), *held_out)) for one in (uniform(0), short)]
    assert losses[1] < losses[0]
