"""The flow model: a diffusion transformer over latents that dreams a frame in four steps or fewer.

Sources: flow matching (Lipman et al. 2023) predicting the clean latents; a noise level of its own for every frame
(diffusion forcing, Chen et al. 2024); shortcut steps (Frans et al. 2024) in the form with clean-latent prediction and
all levels equal in weight, where Dreamer 4 (Hafner et al. 2025) weighs the clean ones more: much of this world can be
told from its past alone; the past is shown slightly noisy, so that the model's own errors look
familiar to it (context noise, Valevski et al. 2024); late in training part of the past is its own dream, from which it
must find back to the truth (after self-forcing, Huang et al. 2025, with the truth as teacher). The network corrects
a frame that is already nearly right (`_ahead`): the last one moved on as its ``mover`` says, who knows the keys, or
by motion alone, as video codecs do.

A level τ of 0 is noise and 1 is clean: z = τ·x + (1−τ)·ε. A step of size d goes from τ to τ+d.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.models._ahead import ahead, flowed, gone_on, moved_by, moved_on, mover_of, remembered
from studio.worlds.models._before import Before, later, likely, mixed, of_before, seen
from studio.worlds.models._latent import LatentWorldModel
from studio.worlds.models._motion import regained
from studio.worlds.models._transformer import Level, Past, SpaceTime
from studio.worlds.models.base import noise_like


@dataclass(frozen=True)
class Config:
    """Defaults are the model that is meant to be played: 48 tokens a frame, 6 layers of 256."""

    height: int = 96
    width: int = 128
    actions: int = 8
    codec: str = "autoencoder"
    codec_config: dict[str, Any] = field(default_factory=dict)
    mover: str = ""
    """The world model whose next frame is corrected (advection, pixel_film); none: what motion alone makes of the last
    frames."""
    mover_config: dict[str, Any] = field(default_factory=dict)
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    patch: int = 2
    window: int = 16
    finest: int = 32
    """Steps from noise to clean at the smallest step size; a power of 2."""
    bootstrap: float = 0.25
    """Share of clips that learn a larger step from two of half its size."""
    bootstrap_from: float = 0.25
    """Share of the training after which they do: until then there is little that two halves could teach."""
    settled: float = 0.8
    """Share of steps in which every frame sees a past that is nearly clean, as it is in play; in the others each frame
    has a noise level of its own and sees those before it as noisy as they are."""
    context_level: float = 0.9
    """Level at which the past is shown in play."""
    forced: float = 0.5
    """Share of those clips whose past, late in training, is the model's own dream (self-forcing)."""
    forced_from: float = 0.7
    """Share of the training after which it is."""
    drop_actions: float = 0.1
    motion_weight: float = 2.0
    """How much more an error counts where motion alone is wrong by the latents' own deviation."""
    moving_weight: float = 10.0
    """How much more an error counts where something moves by itself, of data that know it: a performer is a hundredth
    of the picture and all that a player looks at."""
    doubt: float = 0.7
    """Size of a correction, in deviations, of which half is believed in play, as in shrinkage of wavelets (Donoho and
    Johnstone 1994): smaller ones are mostly what the network is not sure of, and would blur what only moves. 0: all
    is believed."""
    reach: float = 3.0
    """Deviations at which clean latents are cut off in play (static thresholding, Saharia et al. 2022): a long dream's
    small errors must not add up to glare. One real latent in a hundred lies beyond."""
    steps: int = 4
    guidance: float = 1.0
    temperature: float = 1.0


PLAIN = 10
"""From so many steps on, any number may be sampled: each is told the largest step learnt that is no larger than it is,
and lies between learnt ones; of fewer, the powers of 2 alone."""


class Model(LatentWorldModel):
    """Sampling can be set before play: ``steps`` (a power of 2, or `PLAIN` and more), ``guidance`` (1 is none),
    ``temperature``."""

    name = "latent_flow"
    config_class = Config
    carries = marks = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        if config.finest < 2 or config.finest & (config.finest - 1):
            raise BadInput(f"latent_flow: finest {config.finest} is no power of 2")
        self._carry(config)
        self.mover = mover_of(config)
        shape = self.codec.latent_shape
        self.action = nn.Embedding(config.actions + 1, config.hidden)
        self.level, self.level_before = Level(config.hidden), Level(config.hidden)
        self.size = nn.Embedding(int(math.log2(config.finest)) + 1, config.hidden)
        self.trunk = SpaceTime(
            shape, 3 * shape[0], config.hidden, config.layers, config.heads, config.patch, config.window
        )
        self.sampling(config.steps, config.guidance, config.temperature)

    @classmethod
    def tiny(cls) -> Model:
        """Two layers of 16 over the tiny autoencoder."""
        codec = {"channels": 4, "widths": (8, 8, 16), "blocks": 1}
        return cls(Config(32, 48, 4, codec_config=codec, hidden=16, layers=2, heads=2, window=4, finest=8))

    def sampling(self, steps: int, guidance: float = 1.0, temperature: float = 1.0) -> None:
        """Choose how frames are sampled. Raises BadInput outside of what the model can do."""
        if steps < 1 or steps > self.config.finest or (steps & (steps - 1) and steps < PLAIN):
            choices = ", ".join(str(2**k) for k in range(int(math.log2(self.config.finest)) + 1))
            raise BadInput(f"{steps} steps cannot be sampled; choose from: {choices}")
        if not 0 <= guidance <= 10 or not 0 <= temperature <= 2:
            raise BadInput(f"guidance {guidance} is outside 0…10 or temperature {temperature} outside 0…2")
        self.steps, self.guidance, self.temperature = steps, guidance, temperature

    @property
    def unknown_action(self) -> int | None:
        return self.config.actions if self.config.drop_actions > 0 else None

    # --- the network

    def clean(
        self,
        noisy: Tensor,
        level: Tensor,
        size: Tensor,
        action: Tensor,
        before: Before,
        past: Any = None,
        twice: bool = False,
    ) -> Tensor:
        """Clean latents [B, T, C, h, w] from ``noisy`` ones at ``level`` [B, T], for steps of 2**size / finest.

        ``action`` [B, T] led to the frame (the number of actions: unknown).
        """
        told = self.action(action) + self.level(level) + self.size(size) + self.level_before(before.level)
        guess = likely(noisy, level, before)
        return guess + self.trunk(torch.cat([noisy, before.shown, guess], 2), told, past, twice)

    # --- training

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        x, config = self.latents_of(batch), self.config
        clips, frames = x.shape[:2]
        boot = int(round(clips * config.bootstrap)) if progress >= config.bootstrap_from else 0
        levels, sizes = (each.to(x.device) for each in self._levels(clips, frames, boot, generator))
        action = self.acted(batch.actions)
        dropped = torch.rand(action.shape, generator=generator).to(x.device) < config.drop_actions
        known = action.masked_fill(dropped, config.actions)
        noisy = seen(x, levels, generator)
        settled = float(torch.rand((), generator=generator)) < config.settled
        carried = batch.carried.float() if batch.carried is not None else self.carried_of(x, action)
        carried = torch.cat([torch.zeros_like(x[:, :1]), x[:, :1], carried[:, 2:]], 1)[:, :frames]
        past = self._past(x, carried, action, generator, progress) if settled else None
        target, weight = x, torch.ones_like(levels)
        if boot:
            mine = None if past is None else Before(*(each[:boot] for each in past))
            first = self._two_halves(noisy[:boot], levels[:boot], sizes[:boot], known[:boot], x[:boot], mine)
            target = torch.cat([first, x[boot:]])
            weight[:boot] = 0.9 * levels[:boot] + 0.1  # its own word, from pure noise: believed the less
        made = self._made(noisy, levels, sizes, known, past).float()
        error = (made - target).square()
        surprise = (x - carried).abs().mean(2, keepdim=True)
        surprise[:, 0] = 0
        importance = 1 + config.motion_weight * surprise + config.moving_weight * self.marked(batch, x)
        error = (error * importance).mean((2, 3, 4)) / importance.mean()
        told = {"loss": (weight * error).mean(), "flow": error[boot:].detach().mean()}
        return told | ({"shortcut": error[:boot].detach().mean()} if boot else {})

    def _levels(self, clips: int, frames: int, boot: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Levels [B, T] on the grid of each frame's step size, and the sizes as powers of 2 [B, T]; the first ``boot``
        clips have larger ones."""
        finest = self.config.finest
        powers = torch.randint(1, int(math.log2(finest)) + 1, (clips, 1), generator=generator)
        powers[boot:] = 0
        sizes = powers.expand(clips, frames).clone()
        count = finest // 2**sizes
        return (torch.rand((clips, frames), generator=generator) * count).floor() / count, sizes

    def _past(self, x: Tensor, carried: Tensor, action: Tensor, generator: torch.Generator, progress: float) -> Before:
        """What is remembered of each frame in play: slightly noisy, and late in training for some clips the model's
        own dream. The last frame's is there too; none comes after it."""
        forced = round(len(x) * self.config.forced) if progress >= self.config.forced_from else 0
        if forced:  # the last clips: the first ones learn shortcuts
            dream = self._dreamt(x[-forced:], action[-forced:], generator)
            x, carried = (torch.cat([a[:-forced], b]) for a, b in zip((x, carried), dream, strict=True))
        low = self.config.context_level
        level = low + (1 - low) * (2 * torch.rand(x.shape[:2], generator=generator).to(x.device) - 1)
        return Before(seen(x, level, generator), seen(later(carried), level, generator), level)

    @torch.no_grad()
    def _dreamt(self, x: Tensor, action: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``x`` with all frames after the first two dreamt from those before, in one step each; and what motion alone
        would have made of those."""
        true = 2
        context, frames = self._begun(x[:, :true], action[:, :true]), [x[:, :true]]
        carried = [torch.zeros_like(x[:, :1]), x[:, :1]]
        for t in range(true, x.shape[1]):
            frames.append(self._next(context, action[:, t], generator, 1)[0][:, None])
            carried.append(context.extra["carried"])
            self.settle(context)
        return torch.cat(frames, 1), torch.cat(carried, 1)

    def _made(self, noisy: Tensor, levels: Tensor, sizes: Tensor, action: Tensor, past: Before | None) -> Tensor:
        """Clean latents of a whole clip. Without ``past`` every frame sees the noisy ones before it (diffusion
        forcing); with it, what is remembered of them, as in play."""
        if past is None:
            return self.clean(noisy, levels, sizes, action, of_before(Before(noisy, noisy, levels)))
        before = of_before(past)
        made = self.clean(
            torch.cat([past.shown, noisy], 1),
            torch.cat([past.level, levels], 1),
            torch.cat([torch.zeros_like(sizes), sizes], 1),
            torch.cat([action] * 2, 1),
            Before(*(torch.cat([each] * 2, 1) for each in before)),
            twice=True,
        )
        return made[:, noisy.shape[1] :]

    @torch.no_grad()
    def _two_halves(
        self, noisy: Tensor, levels: Tensor, sizes: Tensor, action: Tensor, x: Tensor, past: Any = None
    ) -> Tensor:
        """What a step of the full size should predict: where two of half the size arrive. Frames whose size is the
        finest keep the truth as their target."""
        half = (sizes - 1).clamp(min=0)
        stride = torch.where(sizes > 0, 2.0**half / self.config.finest, 0.0)
        rest = (1 - levels)[..., None, None, None].clamp(min=1e-3)
        wide = stride[..., None, None, None]
        first = self._made(noisy, levels, half, action, past).float()
        speed = (first - noisy) / rest
        middle, at = noisy + speed * wide, levels + stride
        left = (1 - at)[..., None, None, None].clamp(min=1e-3)
        second = self._made(middle, at, half, action, past).float()
        mean = (speed + (second - middle) / left) / 2
        return torch.where(sizes[..., None, None, None] > 0, noisy + mean * rest, x)

    # --- play

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        latents = self.encoded(frames[:, -self.config.window :])
        acted = self.acted(actions[:, actions.shape[1] - latents.shape[1] + 1 :])
        return self._begun(latents, acted, frames[:, -self.config.window :])

    def _begun(self, latents: Tensor, acted: Tensor, frames: Tensor | None = None) -> Past:
        """A context of clean latents [B, T, C, h, w] and the actions that led to them [B, T]; ``frames``: of them all,
        where they are known better than the codec shows them."""
        clips, count = latents.shape[:2]
        past = self.no_past(clips)
        noise = torch.Generator().manual_seed(0)
        level = latents.new_full((clips, count), self.config.context_level)
        carried = self.carried_of(latents, acted, frames)
        held = Before(seen(latents, level, noise), seen(later(carried), level, noise), level)
        self.clean(held.shown, level, torch.zeros_like(acted), acted, of_before(held), past)
        past.time += count
        if frames is None:
            frames = self.codec.restored(latents[:, -3:].flatten(0, 1)).unflatten(0, (clips, -1))
        past.extra |= {"shown": held.shown[:, -1:], **remembered(frames, acted, self.mover)}
        if self.mover is None:
            past.extra |= ahead(self.codec, moved_on(past.extra))
        past.extra["noise"] = noise_like(held.shown[:, -1:], noise)
        return past

    def no_past(self, clips: int) -> Past:
        """An empty context."""
        return self.trunk.no_past(clips)

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        return self._next(context, action, generator, self.steps)[1]

    def _next(self, context: Past, action: Tensor, generator: torch.Generator, steps: int) -> tuple[Tensor, Tensor]:
        """Latents [B, C, h, w] of the frame that ``action`` [B] leads to, and the frame. What the context must remember
        of them is left to `settle`."""
        self.settle(context)
        clips, acted = len(action), action[:, None]
        if self.mover is not None:
            context.extra |= ahead(self.codec, moved_by(self.mover, context.extra, acted, generator))
        level = context.extra["shown"].new_full((clips, 1), self.config.context_level)
        before = Before(context.extra["shown"], mixed(context.extra["carried"], context.extra["noise"], level), level)
        size = acted.new_full((clips, 1), int(math.log2(self.config.finest // steps)))
        z = self.temperature * noise_like(before[0], generator)
        for i in range(steps):
            at = torch.full_like(level, i / steps)
            x = self._guided(z, at, size, acted, before, context).clamp(-self.config.reach, self.config.reach)
            z = z + (x - z) / (steps - i)
        correction = z - context.extra["carried"]
        if self.config.doubt:
            how_far = correction.square().mean(2, keepdim=True).sqrt()
            correction = correction * torch.sigmoid(4 * (how_far / self.config.doubt - 1))
        z = context.extra["carried"] + correction
        unlike = correction[:, 0].square().mean(1)
        frame = regained(self.codec.restored(z[:, 0]), context.extra["detail"], unlike)
        owed = {"owed": acted, "shown_before": before.shown, "carried_before": before.carried}
        made = {"shown": seen(z, level, generator), "noise": noise_like(z, generator)}
        context.extra |= made | owed | gone_on(context.extra, frame, acted)
        return z[:, 0], frame

    @torch.no_grad()
    def settle(self, context: Past) -> None:
        """One pass over the last frame, slightly noisy, writes its keys and values; its motion goes on."""
        extra = context.extra
        acted = extra.pop("owed", None)
        if acted is None:
            return
        level = extra["shown"].new_full(acted.shape, self.config.context_level)
        before = Before(extra.pop("shown_before"), extra.pop("carried_before"), level)
        self.clean(extra["shown"], level, torch.zeros_like(acted), acted, before, context)
        context.time += 1
        extra |= flowed(extra) if self.mover is not None else ahead(self.codec, moved_on(extra))

    def _guided(self, z: Tensor, at: Tensor, size: Tensor, action: Tensor, before: Any, past: Any) -> Tensor:
        known = self.clean(z, at, size, action, before, past)
        if self.guidance == 1:
            return known
        unknown = self.clean(z, at, size, torch.full_like(action, self.config.actions), before, past)
        return unknown + self.guidance * (known - unknown)
