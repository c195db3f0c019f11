"""What world models that dream in a codec's latents share: they carry their codec, frozen, in their own weights."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.models._ahead import ahead_of_clip
from studio.worlds.models.base import Codec, WorldModel, build


class LatentWorldModel(WorldModel):
    """Its config has ``codec`` (a file in this folder) and ``codec_config``; the rest of it fits the codec's frames."""

    reads = "latents"
    wants: ClassVar[str] = "autoencoder"
    """The codec that is trained for it where none is named."""
    carries: ClassVar[bool] = False
    """Whether its batches hold what it corrects: each frame as it would be if everything went on as it moved, or as
    its ``mover`` has it."""
    codec: Codec
    mover: Any
    """Of those that `carries`: the world model whose next frame is corrected, frozen; None for motion alone."""

    def _carry(self, config: Any) -> None:
        self.config = config
        fixed = {"height": config.height, "width": config.width, "actions": config.actions}
        codec = build(config.codec, {**dict(config.codec_config), **fixed})
        if not isinstance(codec, Codec):
            raise BadInput(f"{self.name} dreams in latents; {config.codec} is no codec (autoencoder, vqvae)")
        self.codec = codec.eval().requires_grad_(False)
        rows, columns = codec.latent_shape[1:]
        if rows % config.patch or columns % config.patch:
            raise BadInput(f"{self.name}: a patch of {config.patch} does not divide {rows}x{columns} latents")

    def train(self, mode: bool = True) -> Any:
        """The codec stays as it is."""
        super().train(mode)
        self.codec.eval()
        return self

    def adopt(self, codec: Codec) -> None:
        """Take over a trained codec of the same configuration."""
        self.codec.load_state_dict(codec.state_dict())

    def latents_of(self, batch: Batch) -> Tensor:
        """Normalised latents [B, T, C, h, w]; frames are encoded where nobody has done it before."""
        return batch.latents.float() if batch.latents is not None else self.encoded(batch.frames)

    @torch.no_grad()
    def encoded(self, frames: Tensor) -> Tensor:
        """uint8 [B, T, H, W, 3] to normalised latents [B, T, C, h, w]."""
        return self.codec.normalised(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])

    def acted(self, actions: Tensor) -> Tensor:
        """Actions [B, T-1] as those that led to each of T frames: what led to the first is unknown."""
        return torch.cat([actions.new_full((len(actions), 1), self.config.actions), actions], 1)

    def carried_of(self, latents: Tensor, acted: Tensor, frames: Tensor | None = None) -> Tensor:
        """What each frame of clips [B, T, C, h, w] is before it is corrected; ``acted`` [B, T] led to them. ``frames``:
        uint8 [B, T, H, W, 3] where they are known better than the codec shows them."""
        known = [None] * len(latents) if frames is None else frames
        clips = zip(latents, known, acted, strict=True)
        return torch.stack([ahead_of_clip(self.codec, self.mover, *clip) for clip in clips])

    def marked(self, batch: Batch, x: Tensor) -> Tensor:
        """[B, T, 1, h, w]: the share of each latent's patch of pixels in which something moves by itself."""
        moving = batch.moving((self.config.height, self.config.width))
        if moving is None:
            return torch.zeros_like(x[:, :, :1])
        return F.adaptive_avg_pool2d(moving.float(), x.shape[3:])[:, :, None]
