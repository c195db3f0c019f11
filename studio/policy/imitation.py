"""Make the shipped policy: a newborn one imitates film grammar on made-up shots.

    python -m studio.policy.imitation                  # writes studio/policy/shipped.safetensors, 3 minutes on one core
    python -m studio.policy.imitation --steps 20 --out /tmp/tiny.safetensors    # a miniature, seconds

Targets are film grammar's whole weights rather than single labels, so what is learned keeps the variety. Seeds are
fixed: the same torch on the same CPU type writes the same bytes.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from torch import Tensor

from studio.policy.film_grammar import example_direction, example_situation, preferences
from studio.policy.grammar import ACTIONS, action_of
from studio.policy.model import PolicyModel, newborn
from studio.policy.ppo import Adam
from studio.policy.state import PAD, action_token, encode
from studio.policy.versions import Version, shipped_path, to_bytes
from studio.publish import publish_bytes
from studio.repeatable import one_thread
from studio.story.direction import SLOTS

SEED, STEPS, BATCH, RATE = 20240, 2400, 32, 3e-3


def batch(dice: random.Random, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Examples: tokens ``b t`` padded on the left, mask ``b t``, wanted weights ``b 7 actions`` (0 where forced)."""
    rows, wanted = [], torch.zeros(size, len(SLOTS), len(ACTIONS))
    for row in range(size):
        situation = example_situation(dice)
        some = dice.choice((0, 0, 1, 2, 3))
        forced = {slot: dice.choice(SLOTS[slot]) for slot in dice.sample(list(SLOTS), some)}
        direction = example_direction(situation, dice, forced)
        for place, slot in enumerate(SLOTS):
            if slot not in forced:
                for value, weight in preferences(situation, direction, slot).items():
                    wanted[row, place, action_of(slot, value)] = weight
        response = [action_token(slot, direction[slot]) for slot in SLOTS]
        rows.append(encode(situation.text(), {s: direction[s] for s in SLOTS if s in forced}) + response[:-1])
    longest = max(map(len, rows))
    tokens = torch.tensor([[PAD] * (longest - len(row)) + row for row in rows])
    return tokens, (tokens != PAD).long(), wanted


SLOT_OF_ACTION = torch.tensor([list(SLOTS).index(slot) for slot, _ in ACTIONS])


def imitation_loss(model: PolicyModel, tokens: Tensor, mask: Tensor, wanted: Tensor) -> Tensor:
    """KL(film grammar || policy), mean over open slots, nats."""
    logits = model(tokens, mask)[0][:, -len(SLOTS) :]
    own = SLOT_OF_ACTION[None, :] == torch.arange(len(SLOTS))[:, None]
    logprobs = logits.masked_fill(~own, -1e9).log_softmax(-1)
    gap = wanted * (wanted.clamp(min=1e-9).log() - logprobs)
    return gap.sum() / (wanted.sum(-1) > 0).sum()


def imitate(steps: int = STEPS, seed: int = SEED, say: bool = False) -> Version:
    """Pre-train a newborn policy; returns a version that is its own reference."""
    dice = random.Random(seed)
    model = newborn(seed)
    with one_thread():
        adam = Adam(model, {}, {})
        for step in range(steps):
            loss = imitation_loss(model, *batch(dice, BATCH))
            loss.backward()
            adam.step(RATE * min(1.0, (step + 1) / 100, (steps - step) / (0.6 * steps)), max_norm=1.0)
            if say and (step % 200 == 0 or step == steps - 1):
                print(f"step {step:5d}  KL to film grammar {float(loss.detach()):.3f} nats a slot", flush=True)
    return Version(weights={name: weight.numpy().copy() for name, weight in model.state_dict().items()}, random="00")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Pre-train the shipped policy on film grammar.")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=shipped_path())
    args = parser.parse_args()
    publish_bytes(args.out, to_bytes(imitate(args.steps, say=True)))
    print(f"wrote {args.out} ({args.out.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
