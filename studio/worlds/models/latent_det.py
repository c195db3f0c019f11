"""The deterministic latent predictor: the mean of what may come next, by Huber's loss. What is uncertain blurs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.worlds.data.dataset import Batch
from studio.worlds.models._latent import LatentWorldModel
from studio.worlds.models._transformer import SpaceTime
from studio.worlds.models.base import noise_like


@dataclass(frozen=True)
class Config:
    """The same trunk as latent_flow's, run once a frame."""

    height: int = 96
    width: int = 128
    actions: int = 8
    codec: str = "autoencoder"
    codec_config: dict[str, Any] = field(default_factory=dict)
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    patch: int = 2
    window: int = 16
    noise: float = 0.2
    """Deviation of the noise on the past's latents in training (their own is 1)."""


class Model(LatentWorldModel):
    """Each frame's latents and the action after them in, the change to the next frame's out."""

    name = "latent_det"
    config_class = Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._carry(config)
        shape = self.codec.latent_shape
        self.told = nn.Embedding(config.actions, config.hidden)
        self.trunk = SpaceTime(shape, shape[0], config.hidden, config.layers, config.heads, config.patch, config.window)

    @classmethod
    def tiny(cls) -> Model:
        """Two layers of 16 over the tiny autoencoder."""
        codec = {"channels": 4, "widths": (8, 8, 16), "blocks": 1}
        return cls(Config(32, 48, 4, codec_config=codec, hidden=16, layers=2, heads=2, window=4))

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        latents = self.latents_of(batch)
        past, true = latents[:, :-1], latents[:, 1:]
        noisy = past + self.config.noise * noise_like(past, generator)
        made = noisy + self.trunk(noisy, self.told(batch.actions)).float()
        return {"loss": F.huber_loss(made, true), "error": (made - true).detach().square().mean()}

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        latents = self.encoded(frames[:, -self.config.window :])
        past = self.trunk.no_past(len(frames))
        if latents.shape[1] > 1:
            acted = actions[:, actions.shape[1] - latents.shape[1] + 1 :]
            self.trunk(latents[:, :-1], self.told(acted), past)
            past.time += latents.shape[1] - 1
        past.extra["last"] = latents[:, -1:]
        return past

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        last = context.extra["last"]
        made = last + self.trunk(last, self.told(action[:, None]), context)
        context.time += 1
        context.extra["last"] = made
        return self.codec.restored(made[:, 0])
