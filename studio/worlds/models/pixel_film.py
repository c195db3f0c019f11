"""The plain baseline: a convolutional network that draws the next frame over the last, told by FiLM what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.models._convolutions import FilmResidual, convolution
from studio.worlds.models.base import WorldModel, check_size, noise_like, to_float, to_frames


@dataclass(frozen=True)
class Config:
    """``past``: frames that it sees; the actions between them and the next one condition it."""

    height: int = 96
    width: int = 128
    actions: int = 8
    past: int = 4
    widths: tuple[int, int] = (96, 160)
    blocks: int = 4
    motion_weight: float = 8.0
    """How much more an error counts where the frame changes."""
    noise: float = 0.03
    """Deviation of the noise on past frames in training, so that its own errors do not throw it."""


CHANGED = 8 / 127.5
"""Pixels that differ by more than 8 of 255 have moved."""


class Model(WorldModel):
    """A U-Net of two scales at a quarter and an eighth of the frame."""

    name = "pixel_film"
    config_class = Config
    looked_at = ("perceptual", "action_consistency")

    def __init__(self, config: Config) -> None:
        super().__init__()
        check_size(self.name, config.height, config.width, 8)
        self.config = config
        fine, coarse = config.widths
        condition = 4 * 32
        self.told = nn.Sequential(
            nn.Linear(config.past * config.actions, condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        self.enter = convolution(16 * 3 * config.past, fine)
        self.before = FilmResidual(fine, condition)
        self.shrink = convolution(fine, coarse, 3, 2)
        self.middle = nn.ModuleList(FilmResidual(coarse, condition) for _ in range(config.blocks))
        self.grow = convolution(coarse, 4 * fine)
        self.after = FilmResidual(fine, condition)
        self.leave = convolution(fine, 16 * 3)
        nn.init.zeros_(self.leave.weight)

    @classmethod
    def tiny(cls) -> Model:
        """Two past frames, 16 channels."""
        return cls(Config(32, 48, 4, past=2, widths=(16, 16), blocks=1))

    def forward(self, past: Tensor, actions: Tensor) -> Tensor:
        """Past pixels [B, K, 3, H, W] and the action after each (int [B, K], -1 unknown) to the next [B, 3, H, W]."""
        known = F.one_hot(actions.clamp(min=0), self.config.actions) * (actions >= 0)[..., None]
        told = self.told(known.flatten(1).to(past.dtype))
        x = F.pixel_unshuffle(past.flatten(1, 2).contiguous(memory_format=torch.channels_last), 4)
        fine = self.before(self.enter(x), told)
        x = self.shrink(fine)
        for block in self.middle:
            x = block(x, told)
        x = self.after(fine + F.pixel_shuffle(self.grow(x), 2), told)
        return past[:, -1] + F.pixel_shuffle(self.leave(F.silu(x)), 4)

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        pixels, past = to_float(batch.frames), self.config.past
        inputs, acted, last = [], [], pixels.shape[1] - 1
        if last < past:
            raise BadInput(f"pixel_film sees {past} frames to make the next; clips of {last + 1} are too short")
        for t in range(past - 1, last):
            inputs.append(pixels[:, t - past + 1 : t + 1])
            acted.append(batch.actions[:, t - past + 1 : t + 1])
        seen, true = torch.cat(inputs), pixels[:, past:].transpose(0, 1).flatten(0, 1)
        noisy = seen + self.config.noise * noise_like(seen, generator)
        made = self(noisy, torch.cat(acted))
        error = (made - true).float()
        moved = ((true - seen[:, -1]).abs().amax(1, keepdim=True) > CHANGED).float()
        weight = 1 + self.config.motion_weight * moved
        loss = (weight * (error.abs() + 4 * error.square())).mean() / weight.mean()
        psnr = 10 * torch.log10(4 / error.detach().square().mean())
        told = {"loss": loss, "psnr": psnr, "moved": moved.mean()}
        return self._with_further(told, made, true, seen, torch.cat(acted)[:, -1])

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        past = self.config.past
        short = max(0, past - frames.shape[1])
        frames = torch.cat([frames[:, :1].expand(-1, short, -1, -1, -1), frames], 1)[:, -past:]
        actions = F.pad(actions, (past, 0), value=-1)[:, actions.shape[1] + 1 :]
        return {"pixels": to_float(frames), "actions": actions}

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        actions = torch.cat([context["actions"], action[:, None]], 1)
        frame = to_frames(self(context["pixels"], actions))
        context["pixels"] = torch.cat([context["pixels"][:, 1:], to_float(frame)[:, None]], 1)
        context["actions"] = actions[:, 1:]
        return frame
