"""The learning director: its arithmetic is right, and whatever it samples can be filmed."""

from __future__ import annotations

import math

import pytest
import torch

from studio.errors import BadInput
from studio.policy import ppo
from studio.policy.director import build, decide, sample
from studio.policy.grammar import Grammar
from studio.policy.model import newborn
from studio.policy.records import Decision
from studio.policy.rehearsal import made_up
from studio.policy.state import CONTEXT, FACTS, FIRST_WORD, Situation, encode
from studio.policy.versions import read, shipped_path
from studio.repeatable import one_thread
from studio.story.direction import SLOTS, Direction

STATE = Situation(prompt="a robot gardens on a rooftop", action="the robot waters a plant", shot=2, shots=3).text()
FULL = {slot: values[0] for slot, values in SLOTS.items()}


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


@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_hundreds_of_samples_are_all_valid_and_keep_what_is_forced(count: int) -> None:
    version, name = read(shipped_path())
    model = build(version, name)
    situations = made_up(7)
    forced = [{}, {"shot_size": "close"}, {"lighting": "golden", "camera_move": "crane", "style": "clear"}, FULL]
    with one_thread():
        for seed in range(count):
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
