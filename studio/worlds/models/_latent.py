"""What world models that dream in a codec's latents share: they carry their codec, frozen, in their own weights."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.models._motion import carried_clip
from studio.worlds.models.base import Codec, WorldModel, build


class LatentWorldModel(WorldModel):
    """Its config has ``codec`` (a file in this folder) and ``codec_config``; the rest of it fits the codec's frames."""

    reads = "latents"
    wants: ClassVar[str] = "autoencoder"
    """The codec that is trained for it where none is named."""
    carries: ClassVar[bool] = False
    """Whether it begins from what each frame would be if everything went on as it moved."""
    codec: Codec

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

    def carried_of(self, batch: Batch, latents: Tensor) -> Tensor:
        """What each frame would be by the motion before it, [B, T, C, h, w]; for the second, before which none is
        seen, the first; zeros for the first."""
        if batch.carried is not None:
            carried = batch.carried.float()
        else:
            carried = torch.stack([carried_clip(self.codec, clip) for clip in latents])
        begun = [torch.zeros_like(latents[:, :1]), latents[:, :1]]
        return torch.cat([*begun, carried[:, 2:]], 1)[:, : latents.shape[1]]

    @torch.no_grad()
    def encoded(self, frames: Tensor) -> Tensor:
        """uint8 [B, T, H, W, 3] to normalised latents [B, T, C, h, w]."""
        return self.codec.normalised(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
