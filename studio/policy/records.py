"""What the learning director hands over: a decision, an update, and the settings of its lessons. No torch here."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PPOSettings(BaseModel):
    """Hyperparameters of one PPO update (`[rl]` in studio.toml sets the first three)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(1e-3, gt=0)
    """Adam's step; 1e-3 suits the small shipped policy, 1e-5 a billion parameters."""
    kl_penalty: float = Field(0.1, ge=0)
    """Weight of KL(policy || reference), per open slot, against the normalised reward."""
    gamma: float = Field(0.99, ge=0, le=1)
    gae_lambda: float = Field(0.95, ge=0, le=1)
    clip_range: float = Field(0.2, gt=0)
    """The probability ratio earns nothing outside 1 ± clip_range."""
    value_clip: float = Field(0.2, gt=0)
    """A value may move this far from the one recorded with the decision, in units of the reward's deviation."""
    value_coefficient: float = Field(0.5, ge=0)
    epochs: int = Field(4, ge=1)
    max_grad_norm: float = Field(5.0, gt=0)
    """A rare success is a large gradient; clipped to 0.5, as is usual, it loses to the steady KL penalty."""


class Decision(BaseModel):
    """One sampled direction with all that a later update needs; JSON goes into the memory as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: dict[str, str]
    """All seven slots."""
    forced: list[str]
    """Slots that somebody else fixed: conditioned on, without policy loss."""
    open: list[str]
    """Slots that the policy sampled, in the order of decoding."""
    logprobs: list[float]
    """Of each open slot's value under the grammar, natural logarithm."""
    values: list[float]
    """The value head before each open slot (one number when no slot is open), in deviations from the baseline."""
    state: str
    seed: int
    version: str
    """sha256 of the version that decided."""
    avoid: list[dict[str, str]] = Field(default_factory=list)
    """The earlier directions that this one had to differ from (they shape the grammar's masks)."""


class Update(BaseModel):
    """One PPO update: the version that it made, and its health. All figures are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    kl: float
    """KL(policy || reference) after the update, mean over open slots, nats."""
    policy_loss: float
    value_loss: float
    entropy: float
    """Of the policy after the update, mean over open slots, nats."""
    clip_fraction: float
    """Share of ratios outside the clip range, over epochs and open slots."""
    explained_variance: float
    """1 - (running squared error of the value head / running variance of the reward); 0 says it knows nothing."""
