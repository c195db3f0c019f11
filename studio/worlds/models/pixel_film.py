"""The plain baseline: convolutions draw the next frame over what motion makes of the last two, told what was done.

Actions scale and shift features (FiLM, Perez et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.models._convolutions import FilmResidual, convolution
from studio.worlds.models._motion import carried_by, flow_between
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
    moving_weight: float = 10.0
    """How much more it counts where something moves by itself, of data that know it: a performer is a hundredth of the
    picture, and fades out of dreams that only have to be right on average."""
    noise: float = 0.03
    """Deviation of the noise on past frames in training, so that its own errors do not throw it."""
    guess: bool = True
    """Whether it draws over what motion alone makes of the last two frames (`carried_by`), which it sees too; else over
    the last frame."""
    forced: float = 0.5
    """Share of clips whose past, late in training, is the model's own dream (after self-forcing, Huang et al. 2025)."""
    forced_from: float = 0.4
    """Share of the training after which it is."""


CHANGED = 8 / 127.5
"""Pixels that differ by more than 8 of 255 have moved."""


class Model(WorldModel):
    """A U-Net of two scales at a quarter and an eighth of the frame."""

    name = "pixel_film"
    config_class = Config
    looked_at = ("perceptual", "action_consistency")
    marks = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        check_size(self.name, config.height, config.width, 8)
        if config.guess and config.past < 2:
            raise BadInput(f"pixel_film: motion is seen in two past frames, not in {config.past}; or set guess=false")
        self.config = config
        fine, coarse = config.widths
        condition = 4 * 32
        self.told = nn.Sequential(
            nn.Linear(config.past * config.actions, condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        self.enter = convolution(16 * 3 * (config.past + config.guess), fine)
        self.before = FilmResidual(fine, condition)
        self.shrink = convolution(fine, coarse, 3, 2)
        self.middle = nn.ModuleList(FilmResidual(coarse, condition) for _ in range(config.blocks))
        self.grow = convolution(coarse, 4 * fine)
        self.after = FilmResidual(fine, condition)
        self.leave = convolution(fine, 16 * 3)
        for part in (self.leave.weight, self.leave.bias):  # nothing is drawn at first
            nn.init.zeros_(part)  # type: ignore[arg-type]

    @classmethod
    def tiny(cls) -> Model:
        """Two past frames, 16 channels."""
        return cls(Config(32, 48, 4, past=2, widths=(16, 16), blocks=1))

    def forward(self, past: Tensor, actions: Tensor, under: Tensor) -> Tensor:
        """Past pixels [B, K, 3, H, W], the action after each (int [B, K], -1 unknown) and the frame to draw over
        [B, 3, H, W] (`_under`) to the next [B, 3, H, W]."""
        known = F.one_hot(actions.clamp(min=0), self.config.actions) * (actions >= 0)[..., None]
        told = self.told(known.flatten(1).to(past.dtype))
        seen = torch.cat([past.flatten(1, 2), under], 1) if self.config.guess else past.flatten(1, 2)
        x = F.pixel_unshuffle(seen.contiguous(memory_format=torch.channels_last), 4)
        fine = self.before(self.enter(x), told)
        x = self.shrink(fine)
        for block in self.middle:
            x = block(x, told)
        x = self.after(fine + F.pixel_shuffle(self.grow(x), 2), told)
        return under + F.pixel_shuffle(self.leave(F.silu(x)), 4)

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        past, length = self.config.past, batch.frames.shape[1]
        if length <= past:
            raise BadInput(f"pixel_film sees {past} frames to make the next; clips of {length} are too short")
        shown = self._shown(batch, generator, progress)
        seen = torch.cat([shown[:, t : t + past] for t in range(length - past)])
        acted = torch.cat([batch.actions[:, t : t + past] for t in range(length - past)])
        true = to_float(batch.frames[:, past:].transpose(0, 1).flatten(0, 1))
        pixels = to_float(seen)
        made = self(pixels + self.config.noise * noise_like(pixels, generator), acted, self._under(seen))
        error = (made - true).float()
        moved = ((true - pixels[:, -1]).abs().amax(1, keepdim=True) > CHANGED).float()
        weight = 1 + self.config.motion_weight * moved
        if (moving := batch.moving()) is not None:
            marked = moving[:, past:].transpose(0, 1).flatten(0, 1)[:, None]
            weight = weight + self.config.moving_weight * marked
        loss = (weight * (error.abs() + 4 * error.square())).mean() / weight.mean()
        psnr = 10 * torch.log10(4 / error.detach().square().mean())
        told = {"loss": loss, "psnr": psnr, "moved": moved.mean()}
        return self._with_further(told, made, true, pixels, acted[:, -1])

    def _under(self, past: Tensor, flow: Tensor | None = None) -> Tensor:
        """What the next frame is drawn over, [B, 3, H, W], of past frames uint8 [B, K, H, W, 3]; ``flow``: back from
        the last of them [B, 2, H, W], where it is known."""
        if not self.config.guess:
            return to_float(past[:, -1])
        return to_float(carried_by(past[:, -1], flow_between(past[:, -2], past[:, -1]) if flow is None else flow))

    @torch.no_grad()
    def _shown(self, batch: Batch, generator: torch.Generator, progress: float) -> Tensor:
        """The batch's frames, those of some clips after the first few dreamt by the model itself: it must go on from
        what it made, and find back to the truth."""
        forced = round(len(batch.frames) * self.config.forced) if progress >= self.config.forced_from else 0
        if not forced:
            return batch.frames
        first = self.config.past
        true, actions = batch.frames[:forced], batch.actions[:forced]
        context = self._init_context(true[:, :first], actions[:, : first - 1])
        dreamt = [self._step(context, actions[:, t - 1], generator) for t in range(first, true.shape[1])]
        dream = torch.cat([true[:, :first], torch.stack(dreamt, 1)], 1)
        return torch.cat([dream, batch.frames[forced:]])

    # --- play

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        past = self.config.past
        short = max(0, past - frames.shape[1])
        frames = torch.cat([frames[:, :1].expand(-1, short, -1, -1, -1), frames], 1)[:, -past:]
        actions = F.pad(actions, (past, 0), value=-1)[:, actions.shape[1] + 1 :]
        return {"frames": frames, "actions": actions}

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        actions = torch.cat([context["actions"], action[:, None]], 1)
        past = context["frames"]
        frame = to_frames(self(to_float(past), actions, self._under(past)))
        context["frames"] = torch.cat([past[:, 1:], frame[:, None]], 1)
        context["actions"] = actions[:, 1:]
        return frame

    # --- as what a flow corrects (`studio.worlds.models._ahead.Mover`)

    @property
    def past(self) -> int:
        """Frames that it sees."""
        return int(self.config.past)

    @property
    def acts(self) -> int:
        """Actions that it is told: as many."""
        return self.past

    def chance(self, clips: int, generator: torch.Generator) -> None:
        """It draws what it expects; nothing is left to chance."""

    def moved(self, frames: Tensor, flow: Tensor, actions: Tensor, chance: Tensor | None = None) -> Tensor:
        """The next frame uint8 [B, H, W, 3]; the last of ``actions`` [B, n] leads to it (the number of actions:
        unknown). Of ``flow`` [B, 2·(past-1), H, W] only that back from the last frame is looked at."""
        known = F.pad(actions, (self.acts - actions.shape[1], 0), value=-1)
        known = torch.where(known == self.config.actions, -1, known)
        return to_frames(self(to_float(frames), known, self._under(frames, flow[:, :2])))
