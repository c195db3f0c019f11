"""The discrete codec: MobileNet's blocks around 512 codes, by finite scalar quantisation or a learned codebook."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.models._convolutions import InvertedResidual, convolution, down, picture_losses, up
from studio.worlds.models._quantise import FSQ, Codebook
from studio.worlds.models.base import Codec, check_size, to_float


@dataclass(frozen=True)
class Config:
    """``widths``: channels at each halving, so two are f4, three are f8. ``levels``: of FSQ; empty for a codebook."""

    height: int = 96
    width: int = 128
    actions: int = 8
    widths: tuple[int, ...] = (32, 96)
    blocks: int = 3
    levels: tuple[int, ...] = (8, 8, 8)
    codes: int = 512
    channels: int = 8
    """Of a codebook's vectors; FSQ has one a level."""
    moving_weight: float = 4.0


class Model(Codec):
    """Encoder, quantiser and decoder; ``codes`` is what a discrete world model predicts."""

    name = "vqvae"
    config_class = Config
    looked_at = ("perceptual",)

    def __init__(self, config: Config) -> None:
        super().__init__()
        check_size(self.name, config.height, config.width, 2 ** len(config.widths))
        if any(level < 3 for level in config.levels):
            raise BadInput(f"vqvae: levels {config.levels} cannot be used; each is 3 or more")
        self.config = config
        self.quantiser = FSQ(config.levels) if config.levels else Codebook(config.codes, config.channels)
        channels = self.quantiser.channels
        self.encoder = down(config.widths, config.blocks, InvertedResidual, 3)
        self.to_latent = convolution(config.widths[-1], channels, 1)
        self.from_latent = convolution(channels, config.widths[-1])
        self.decoder = up(config.widths, config.blocks, InvertedResidual, 3)
        self.register_buffer("latent_mean", torch.zeros(channels))
        self.register_buffer("latent_std", torch.ones(channels))

    @classmethod
    def tiny(cls) -> Model:
        """f8 with 16 codes."""
        return cls(Config(32, 48, 4, widths=(8, 8, 16), blocks=1, levels=(4, 4)))

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        factor = 2 ** len(self.config.widths)
        return self.quantiser.channels, self.config.height // factor, self.config.width // factor

    def _quantised(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        pixels = to_float(frames).contiguous(memory_format=torch.channels_last)
        return self.quantiser(self.to_latent(self.encoder(pixels)))

    def encode(self, frames: Tensor) -> Tensor:
        return self._quantised(frames)[0]

    def codes(self, frames: Tensor) -> Tensor:
        """uint8 [B, H, W, 3] to int64 [B, h, w]."""
        return self._quantised(frames)[1]

    def vectors(self, codes: Tensor) -> Tensor:
        """int64 [B, h, w] to latents [B, C, h, w]. Raises BadInput for a code that does not exist."""
        if codes.numel() and not 0 <= int(codes.min()) <= int(codes.max()) < self.quantiser.size:
            raise BadInput(f"a code is outside 0 to {self.quantiser.size - 1}")
        return self.quantiser.vectors(codes)

    def decode(self, latents: Tensor) -> Tensor:
        return self.decoder(self.from_latent(latents.contiguous(memory_format=torch.channels_last)))

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        frames, moving = batch.frames.flatten(0, 1), batch.moving()
        latents, codes, commitment = self._quantised(frames)
        flat = None if moving is None else moving.flatten(0, 1)
        made, true = self.decode(latents), to_float(frames)
        told = picture_losses(made, true, flat, self.config.moving_weight)
        used = torch.tensor(codes.unique().numel() / self.quantiser.size)
        told = {"loss": told["absolute"] + 4 * told["squared"] + commitment, **told, "codes_used": used}
        return self._with_further(told, made, true)
