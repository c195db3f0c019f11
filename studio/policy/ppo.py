"""One PPO update from one take, readable from top to bottom: sequence, masks, GAE, clipped losses, Adam, health.

The episode is the direction: one step an open slot, the reward at the last of them. Forced slots stand in the sequence,
so that they are conditioned on, but they are no steps: no loss touches their logits.
Schulman et al. 2017 (PPO), Schulman et al. 2016 (GAE); shape of the code after cleanrl's ppo.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.policy.grammar import Grammar, action_of
from studio.policy.model import PolicyModel
from studio.policy.records import PPOSettings
from studio.policy.state import action_token, encode
from studio.policy.versions import Baseline
from studio.story.direction import SLOTS

MEMORY = 0.05
"""Weight of the newest reward in the running baseline (more while there are few)."""
LEAST_DEVIATION = 0.1
"""Rewards that differ by less than this are not blown up to look like news."""


@dataclass
class Episode:
    """One direction as tensors. ``steps`` is the number of open slots, ``actions`` that of all slots' values."""

    tokens: Tensor
    """The query and the response without its last token: ``1 t``."""
    open_at: Tensor
    """Position in the response (0 … 6) of each step."""
    chosen: Tensor
    """Action number of each step."""
    allowed: Tensor
    """Grammar: ``steps actions``, True where the action may be taken."""

    @classmethod
    def of(
        cls, state: str, direction: Mapping[str, str], forced: Sequence[str], avoid: Sequence[Mapping[str, str]]
    ) -> Episode:
        """The episode in which ``direction`` was chosen."""
        grammar = Grammar({slot: direction[slot] for slot in forced}, avoid)
        response = [action_token(slot, direction[slot]) for slot in SLOTS]
        values = [direction[slot] for slot in grammar.open]
        allowed = torch.zeros(len(values), sum(map(len, SLOTS.values())), dtype=torch.bool)
        for step, slot in enumerate(grammar.open):
            for value in grammar.allowed(values[:step]):
                allowed[step, action_of(slot, value)] = True
        return cls(
            tokens=torch.tensor([encode(state, grammar.forced) + response[:-1]]),
            open_at=torch.tensor([list(SLOTS).index(slot) for slot in grammar.open], dtype=torch.long),
            chosen=torch.tensor(
                [action_of(*pair) for pair in zip(grammar.open, values, strict=True)], dtype=torch.long
            ),
            allowed=allowed,
        )


def evaluate(model: PolicyModel, episode: Episode) -> tuple[Tensor, Tensor]:
    """Log-probabilities ``steps actions`` under the grammar (-inf where not allowed) and values ``steps``.

    Without an open slot the values hold one number: that of the sequence as a whole.
    """
    logits, values = model(episode.tokens)
    logits, values = logits[0, -len(SLOTS) :], values[0, -len(SLOTS) :]
    if not len(episode.chosen):
        return logits[:0], values[-1:]
    open_logits = logits[episode.open_at].masked_fill(~episode.allowed, -math.inf)
    return open_logits.log_softmax(-1), values[episode.open_at]


def entropy(logprobs: Tensor) -> Tensor:
    """Of each row, in nats."""
    return -(logprobs.exp() * logprobs.clamp(min=-1e4)).sum(-1)


def divergence(logprobs: Tensor, reference: Tensor) -> Tensor:
    """KL(policy || reference) of each row, exactly: the vocabulary is small enough to sum over."""
    return (logprobs.exp() * (logprobs.clamp(min=-1e4) - reference.clamp(min=-1e4))).sum(-1)


def gae(rewards: Tensor, values: Tensor, gamma: float, lam: float) -> Tensor:
    """Generalised advantages of one finished episode: ``A_t = sum_s (gamma lam)^(s-t) delta_s``."""
    following = torch.cat([values[1:], values.new_zeros(1)])
    deltas = rewards + gamma * following - values
    steps = torch.arange(len(deltas), dtype=values.dtype)
    weights = ((gamma * lam) ** (steps[None] - steps[:, None]).clamp(min=0)).triu()
    return weights @ deltas


def observe(baseline: Baseline, reward: float, guess: float) -> tuple[float, Baseline]:
    """The reward in deviations from the baseline so far, and the baseline that has seen it.

    ``guess`` is what the value head expected, in the same units.
    """
    deviation = max(math.sqrt(baseline.variance), LEAST_DEVIATION)
    surprise = (reward - baseline.mean) / deviation
    weight = max(MEMORY, 1 / (baseline.count + 2))
    error = baseline.value_error + weight * ((surprise - guess) ** 2 - baseline.value_error)
    mean = baseline.mean + weight * (reward - baseline.mean)
    variance = (1 - weight) * (baseline.variance + weight * (reward - baseline.mean) ** 2)
    return max(-4.0, min(4.0, surprise)), Baseline(mean, variance, error, baseline.count + 1)


class Adam:
    """Kingma & Ba 2015. Our own twelve lines because its memory must round-trip through a version to the bit."""

    def __init__(self, model: PolicyModel, moments: dict[str, Tensor], steps: dict[str, int]) -> None:
        self.parameters = dict(model.named_parameters())
        self.moments, self.steps = dict(moments), dict(steps)

    @torch.no_grad()
    def step(self, rate: float, max_norm: float) -> None:
        """Apply the gradients that are there, scaled so that their norm is at most ``max_norm``."""
        learned = {name: p for name, p in self.parameters.items() if p.grad is not None}
        norm = math.sqrt(sum(float(p.grad.double().square().sum()) for p in learned.values()))
        scale = min(1.0, max_norm / (norm + 1e-8))
        for name, p in learned.items():
            gradient, count = p.grad * scale, self.steps.get(name, 0) + 1
            first = self.moments.get(f"first.{name}", torch.zeros_like(p)).lerp(gradient, 0.1)
            second = self.moments.get(f"second.{name}", torch.zeros_like(p)).lerp(gradient.square(), 0.001)
            p -= rate * (first / (1 - 0.9**count)) / ((second / (1 - 0.999**count)).sqrt() + 1e-8)
            self.moments |= {f"first.{name}": first, f"second.{name}": second}
            self.steps[name] = count
            p.grad = None


def learn(
    model: PolicyModel,
    reference: PolicyModel,
    adam: Adam,
    episode: Episode,
    old_logprobs: Tensor,
    old_values: Tensor,
    reward: float,
    settings: PPOSettings,
) -> dict[str, float]:
    """Move ``model`` by one take; ``reward`` is in deviations from the baseline. Returns the update's health."""
    rewards = torch.zeros_like(old_values)
    rewards[-1] = reward
    advantages = gae(rewards, old_values, settings.gamma, settings.gae_lambda)
    returns = advantages + old_values
    with torch.no_grad():
        anchor = evaluate(reference, episode)[0]
    clipped: list[float] = []
    policy_loss = value_loss = torch.zeros(())
    for _ in range(settings.epochs):
        logprobs, values = evaluate(model, episode)
        near = old_values + (values - old_values).clamp(-settings.value_clip, settings.value_clip)
        value_loss = 0.5 * torch.maximum((values - returns).square(), (near - returns).square()).mean()
        loss = settings.value_coefficient * value_loss
        if len(episode.chosen):
            # An old decision can be very unlikely by now; beyond e^±20 a ratio says no more and would overflow.
            ratio = (logprobs.gather(-1, episode.chosen[:, None])[:, 0] - old_logprobs).clamp(-20, 20).exp()
            bounded = ratio.clamp(1 - settings.clip_range, 1 + settings.clip_range)
            policy_loss = -torch.minimum(ratio * advantages, bounded * advantages).mean()
            loss = loss + policy_loss + settings.kl_penalty * divergence(logprobs, anchor).mean()
            clipped.append(float(((ratio - 1).abs() > settings.clip_range).float().mean()))
        loss.backward()
        adam.step(settings.learning_rate, settings.max_grad_norm)
    with torch.no_grad():
        logprobs, _ = evaluate(model, episode)
    some = bool(len(episode.chosen))
    return {
        "kl": float(divergence(logprobs, anchor).mean()) if some else 0.0,
        "policy_loss": float(policy_loss.detach()),
        "value_loss": float(value_loss.detach()),
        "entropy": float(entropy(logprobs).mean()) if some else 0.0,
        "clip_fraction": sum(clipped) / len(clipped) if some else 0.0,
    }
