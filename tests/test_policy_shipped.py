"""The shipped policy has imitated film grammar and answers the critic's notes."""

from __future__ import annotations

import math
import random

import pytest
import torch

from studio.policy.director import build
from studio.policy.film_grammar import NOTES, example_situation, grammar_reward, preferences
from studio.policy.imitation import batch, imitate, imitation_loss
from studio.policy.rehearsal import bench, made_up, shares, uniform
from studio.policy.state import NOTE_WORDS, Situation
from studio.policy.versions import read, shipped_path, to_bytes
from studio.story.direction import SLOTS

FULL = {slot: values[0] for slot, values in SLOTS.items()}


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
