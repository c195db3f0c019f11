"""The continuous codec: f8 or f16 by the number of widths, deterministic or variational.

Deterministic: a penalty keeps each latent channel at mean 0 and variance 1, and noise on the latents in training makes
the decoder forgive what a world model gets slightly wrong. Variational: the KL term is next to nothing until the
pictures are good, then rises to its full weight over a fifth of the training.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.worlds.data.dataset import Batch
from studio.worlds.models._convolutions import Residual, convolution, down, picture_losses, up
from studio.worlds.models.base import Codec, check_size, noise_like, to_float


@dataclass(frozen=True)
class Config:
    """``widths``: channels at each halving, so (32, 64, 128) is f8 and four widths are f16."""

    height: int = 96
    width: int = 128
    actions: int = 8
    channels: int = 16
    widths: tuple[int, ...] = (32, 64, 128)
    blocks: int = 2
    variational: bool = False
    variance_weight: float = 0.02
    noise: float = 0.1
    """Deviation of the noise on latents while training, where their own deviation is 1."""
    moving_weight: float = 4.0
    kl_low: float = 1e-7
    kl_high: float = 1e-4
    kl_from: float = 0.6
    """Share of the training after which the KL weight rises."""


class Model(Codec):
    """Encoder and decoder without normalisation layers; latents [C, H/f, W/f]."""

    name = "autoencoder"
    config_class = Config
    looked_at = ("perceptual",)

    def __init__(self, config: Config) -> None:
        super().__init__()
        check_size(self.name, config.height, config.width, 2 ** len(config.widths))
        self.config = config
        out = config.channels * (2 if config.variational else 1)
        self.encoder = down(config.widths, config.blocks, Residual, 3)
        self.to_latent = convolution(config.widths[-1], out, 1)
        self.from_latent = convolution(config.channels, config.widths[-1])
        self.decoder = up(config.widths, config.blocks, Residual, 3)
        self.register_buffer("latent_mean", torch.zeros(config.channels))
        self.register_buffer("latent_std", torch.ones(config.channels))

    @classmethod
    def tiny(cls) -> Model:
        """f8 with 4 channels."""
        return cls(Config(32, 48, 4, channels=4, widths=(8, 8, 16), blocks=1))

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        factor = 2 ** len(self.config.widths)
        return self.config.channels, self.config.height // factor, self.config.width // factor

    def _moments(self, frames: Tensor) -> tuple[Tensor, Tensor | None]:
        pixels = to_float(frames).contiguous(memory_format=torch.channels_last)
        out = self.to_latent(self.encoder(pixels))
        if not self.config.variational:
            return out, None
        mean, logvar = out.chunk(2, 1)
        return mean, logvar.clamp(-20, 5)

    def encode(self, frames: Tensor) -> Tensor:
        return self._moments(frames)[0]

    def decode(self, latents: Tensor) -> Tensor:
        return self.decoder(self.from_latent(latents.contiguous(memory_format=torch.channels_last)))

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        frames, moving = batch.frames.flatten(0, 1), batch.moving()
        mean, logvar = self._moments(frames)
        mean = mean.float()
        noise = noise_like(mean, generator)
        if logvar is None:
            latents = mean + self.config.noise * noise
            spread = mean.var((0, 2, 3))
            extra = {"variance": (spread - 1).square().mean() + mean.mean((0, 2, 3)).square().mean()}
            weight = self.config.variance_weight
        else:
            logvar = logvar.float()
            latents = mean + (0.5 * logvar).exp() * noise
            extra = {"kl": 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum((1, 2, 3)).mean()}
            weight = self.kl_weight(progress)
        flat = None if moving is None else moving.flatten(0, 1)
        made, true = self.decode(latents), to_float(frames)
        told = picture_losses(made, true, flat, self.config.moving_weight)
        loss = told["absolute"] + 4 * told["squared"] + weight * next(iter(extra.values()))
        told = {"loss": loss, **told, **extra, "regulariser_weight": torch.tensor(weight)}
        return self._with_further(told, made, true)

    def kl_weight(self, progress: float) -> float:
        """Geometric rise from ``kl_low`` to ``kl_high`` over a fifth of the training."""
        risen = min(1.0, max(0.0, (progress - self.config.kl_from) / 0.2))
        return self.config.kl_low * (self.config.kl_high / self.config.kl_low) ** risen
