"""Each pixel of the next frame is copied from near by in the last one, or painted anew.

Dynamic neural advection (Finn et al. 2016): the network gives each pixel a distribution over where in the last frame
it comes from, beginning from where optical flow has it come from if it moves on. It is fitted as a mixture of Laplace
densities around the pixels that could be copied and around one colour of its own, by their likelihood, so two things
that may happen are two peaks and not their mean; in play each pixel takes the likelier one, and what only moves stays
as sharp as it was, however long the dream.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.worlds.data.dataset import Batch
from studio.worlds.models._convolutions import FilmResidual, convolution
from studio.worlds.models._motion import flow_between
from studio.worlds.models.base import WorldModel, check_size, noise_like, to_float, to_frames

PAST = 3
"""Frames that it sees."""
ACROSS, ASIDE, UP, DOWN = 8, 4, 9, 7
"""Pixels that something may be copied over: along a row; and, in other rows, to the side, from below (what rises) and
from above."""
FAR = 9.0
"""Square pixels from where the flow leads at which a candidate is as unlikely as any."""
COPIED, PAINTED = 2.0, 12.0
"""Scales of the Laplace densities, in levels of 255, around a pixel that is copied and around a painted colour."""


@dataclass(frozen=True)
class Config:
    """``acts``: actions that condition it, the one that leads to the frame and those before."""

    height: int = 96
    width: int = 128
    actions: int = 8
    acts: int = 8
    widths: tuple[int, int, int] = (32, 48, 96)
    """Channels at a half, a quarter and an eighth of the frame."""
    blocks: int = 3
    cells: int = 224
    """Squares of 2×2 pixels a frame that it learns from, half of them where something moves by itself."""
    noise: float = 2.0
    """Deviation of the noise on past frames in training, in levels: a dream's past is not quite true."""
    forced: float = 0.5
    """Share of clips whose past, late in training, is the model's own dream."""
    forced_from: float = 0.6
    """Share of the training after which it is."""
    temperature: float = 0.0
    """Of the chance in play; 0: the likeliest always happens."""


@cache
def shifts() -> tuple[tuple[int, int], ...]:
    """(down, right): where in the last frame each candidate lies, from the pixel; standing still comes first."""
    rows = [(0, x) for x in sorted(range(-ACROSS, ACROSS + 1), key=abs)]
    return (*rows, *((y, x) for y in range(-DOWN, UP + 1) if y for x in range(-ASIDE, ASIDE + 1)))


class Mixing(nn.Module):
    """Every place sees every other: where the camera goes is decided by one small figure."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads, self.norm = heads, nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        flat = self.norm(x.flatten(2).transpose(1, 2))
        q, k, v = self.qkv(flat).view(b, h * w, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, h * w, c)
        return x + self.out(mixed).transpose(1, 2).view(b, c, h, w)


class Model(WorldModel):
    """A U-Net of three scales over the last frames and their optical flow, told the last actions by FiLM."""

    name = "advection"
    config_class = Config
    marks = True
    past = PAST

    @property
    def acts(self) -> int:
        """Actions that it is told."""
        return int(self.config.acts)

    def __init__(self, config: Config) -> None:
        super().__init__()
        check_size(self.name, config.height, config.width, 8)
        self.config = config
        fine, middle, coarse = config.widths
        condition = 128
        self.told = nn.Sequential(
            nn.Linear(config.acts * (config.actions + 1), condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        seen = 3 * PAST + 2 * (PAST - 1)
        self.enter = convolution(16 * seen, middle)
        self.before = FilmResidual(middle, condition)
        self.shrink = convolution(middle, coarse, 3, 2)
        self.place = nn.Parameter(torch.zeros(1, coarse, config.height // 8, config.width // 8))
        self.middle = nn.ModuleList(FilmResidual(coarse, condition) for _ in range(config.blocks))
        self.mixing = nn.ModuleList(Mixing(coarse) for _ in range(config.blocks))
        self.grow = convolution(coarse, 4 * middle)
        self.after = nn.ModuleList(FilmResidual(middle, condition) for _ in range(2))
        self.widen = convolution(middle, 4 * fine)
        self.near = convolution(fine + 4 * 5, fine)
        self.head = nn.Linear(fine, 4 * (len(shifts()) + 1 + 3))
        nn.init.zeros_(self.head.weight)
        with torch.no_grad():  # paint nothing at first
            self.head.bias.zero_().view(4, -1)[:, len(shifts())] = -4.0
        self.trust = nn.Parameter(torch.tensor(1.0))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @classmethod
    def tiny(cls) -> Model:
        """Eight channels, one block."""
        return cls(Config(32, 48, 4, acts=2, widths=(8, 8, 8), blocks=1, cells=16))

    # --- the network

    def features(self, past: Tensor, flow: Tensor, acted: Tensor) -> Tensor:
        """[B, fine, H/2, W/2] from past pixels [B, 3, 3, H, W] in [-1, 1], the flow back from the last two
        [B, 4, H, W] in pixels, and the last actions [B, acts] (the number of actions: unknown)."""
        told = self.told(F.one_hot(acted, self.config.actions + 1).flatten(1).to(past.dtype))
        seen = torch.cat([past.flatten(1, 2), flow / 4], 1).contiguous(memory_format=torch.channels_last)
        fine = self.before(self.enter(F.pixel_unshuffle(seen, 4)), told)
        x = self.shrink(fine) + self.place
        for block, mixing in zip(self.middle, self.mixing, strict=True):
            x = mixing(block(x, told))
        x = fine + F.pixel_shuffle(self.grow(x), 2)
        for block in self.after:
            x = block(x, told)
        wide = F.pixel_shuffle(self.widen(F.silu(x)), 2)
        last = F.pixel_unshuffle(torch.cat([past[:, -1], flow[:, :2] / 4], 1), 2)
        return F.silu(self.near(torch.cat([F.silu(wide), last], 1)))

    def heard(self, features: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        """Features [..., fine] of cells and the flow back from the last frame there [..., 4, 2] -> logits of the shifts
        and of painting [..., 4, K+1], and colours [..., 4, 3] in [-1, 1]; the four are a cell's pixels, row by row."""
        out = self.head(features).unflatten(-1, (4, -1)).float()
        to_x, to_y = flow[..., :1], flow[..., 1:]
        shift = torch.tensor(shifts(), device=flow.device, dtype=flow.dtype)
        away = (shift[:, 0] - to_y).square() + (shift[:, 1] - to_x).square()
        copied = out[..., :-4] - self.trust * away.clamp(max=FAR)
        return torch.cat([copied, out[..., -4:-3]], -1), out[..., -3:]

    # --- training

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        true, past = batch.frames[:, -1], batch.frames[:, -PAST - 1 : -1]
        forced = round(len(true) * self.config.forced) if progress >= self.config.forced_from else 0
        if forced:
            past = torch.cat(
                [self._dreamt(batch.frames[:forced, :-1], batch.actions[:forced], generator), past[forced:]]
            )
        flow = flow_of(past)
        shown = self._dreamlike(to_float(past), generator)
        features = self.features(shown, flow, self._acts(batch.actions))
        moving = batch.moving()
        cells = self._cells(true, past[:, -1], None if moving is None else moving[:, -1], generator)
        chosen = features.flatten(2).transpose(1, 2).gather(1, cells[..., None].expand(-1, -1, features.shape[1]))
        led = _cells_of(flow[:, :2].permute(0, 2, 3, 1)).flatten(1, 2)
        led = led.gather(1, cells[..., None, None].expand(-1, -1, 4, 2))
        logits, colours = self.heard(chosen, led)
        target, apart = self._apart(true, past[:, -1], cells)
        density = self._densities(target, apart, colours)
        loss = -torch.logsumexp(torch.log_softmax(logits, -1) + density, -1).mean()
        with torch.no_grad():
            best = density[..., :-1].gather(-1, logits[..., :-1].argmax(-1, keepdim=True))
            right = (best > -3 * math.log(2 * COPIED) - 3).float().mean()
        return {"loss": loss, "copied_right": right, "painted": torch.softmax(logits.detach(), -1)[..., -1].mean()}

    @torch.no_grad()
    def _dreamt(self, frames: Tensor, actions: Tensor, generator: torch.Generator) -> Tensor:
        """The last three of clips [B, T, H, W, 3], of which up to three are the model's own dream: it must go on from
        what it made, and find back to the truth (after self-forcing, Huang et al. 2025). ``actions`` [B, T]."""
        most = min(PAST, frames.shape[1] - PAST)
        count = int(torch.randint(1, most + 1, (), generator=generator)) if most > 0 else 0
        first = frames.shape[1] - count
        context = self._init_context(frames[:, :first], actions[:, : first - 1])
        for t in range(count):
            self._step(context, actions[:, first - 1 + t], generator)
        dream: Tensor = context["frames"]
        return dream

    def _dreamlike(self, past: Tensor, generator: torch.Generator) -> Tensor:
        """A past [B, 3, 3, H, W] as it may be in a dream: a little noisy and, in patches of some clips, blurred."""
        clips = len(past)
        patch = torch.rand((clips, 1, self.config.height // 16, self.config.width // 16), generator=generator) < 0.4
        dreamt = patch & (torch.rand((clips, 1, 1, 1), generator=generator) < 0.4)
        share = F.interpolate(dreamt.float(), past.shape[3:], mode="bilinear")[:, None].to(past.device)
        blurred = F.avg_pool2d(past.flatten(0, 1), 3, 1, 1, count_include_pad=False).view_as(past)
        return torch.lerp(past, blurred, share) + self.config.noise / 127.5 * noise_like(past, generator)

    def _acts(self, actions: Tensor) -> Tensor:
        """The last ``acts`` of actions [B, T], what is not known of them filled up in front."""
        known = actions[:, -self.config.acts :]
        return F.pad(known, (self.config.acts - known.shape[1], 0), value=self.config.actions)

    def _cells(self, true: Tensor, last: Tensor, moving: Tensor | None, generator: torch.Generator) -> Tensor:
        """Numbers [B, cells] of 2×2 squares: half where something moves by itself (else, where the frame changes),
        half anywhere."""
        changed = moving if moving is not None else (true.int() - last.int()).abs().amax(-1) > 8
        weight = F.max_pool2d(changed[:, None].float(), 2)[:, 0].flatten(1)
        count = weight.shape[1]
        weight = weight / weight.sum(1, keepdim=True).clamp(min=1) + 1 / count
        keys = torch.rand(weight.shape, generator=generator).to(weight.device).clamp(min=1e-9).log() / weight
        return keys.topk(min(self.config.cells, count), 1).indices

    def _apart(self, true: Tensor, last: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        """The true pixels [B, n, 4, 3] of cells, and by how many levels, all colours together, each pixel that could be
        copied there is off [B, n, 4, K]."""
        height, width = true.shape[1:3]
        clip = torch.arange(len(true), device=true.device)[:, None, None]
        y = (cells // (width // 2) * 2)[..., None] + torch.tensor([0, 0, 1, 1], device=true.device)
        x = (cells % (width // 2) * 2)[..., None] + torch.tensor([0, 1, 0, 1], device=true.device)
        edge = max(ACROSS, UP, DOWN)
        wide = width + 2 * edge
        # Colour by colour from a padded plane: a third of the time that indexing by rows and columns takes.
        planes = F.pad(last.permute(3, 0, 1, 2).float(), [edge] * 4, mode="replicate").flatten(1)
        at = (clip * (height + 2 * edge) + y + edge) * wide + x + edge
        at = at[..., None] + torch.tensor([down * wide + right for down, right in shifts()], device=true.device)
        target = true[clip, y, x].float()
        apart = torch.zeros(at.shape, device=true.device)
        for plane, level in zip(planes, target.unbind(-1), strict=True):
            apart += plane.take(at).sub_(level[..., None]).abs_()
        return target, apart

    def _densities(self, target: Tensor, apart: Tensor, colours: Tensor) -> Tensor:
        """Log densities [B, n, 4, K+1] of true pixels under each thing that may be copied, and the painted colour."""
        copied = apart / -COPIED - 3 * math.log(2 * COPIED)
        anew = -((colours + 1) * 127.5 - target).abs().sum(-1) / PAINTED - 3 * math.log(2 * PAINTED)
        return torch.cat([copied, anew[..., None]], -1)

    # --- play

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        short = max(0, PAST - frames.shape[1])
        frames = torch.cat([frames[:, :1].expand(-1, short, -1, -1, -1), frames], 1)[:, -PAST:]
        return {"frames": frames.clone(), "actions": actions[:, -self.config.acts :], "flow": flow_of(frames)}

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        acted = torch.cat([context["actions"], action[:, None]], 1)
        frame = self.moved(context["frames"], context["flow"], acted, self.chance(len(action), generator))
        context["frames"] = torch.cat([context["frames"][:, 1:], frame[:, None]], 1)
        context["actions"] = torch.cat([context["actions"], action[:, None]], 1)[:, -self.config.acts :]
        context["flow"] = torch.cat([flow_between(context["frames"][:, -2], frame), context["flow"][:, :2]], 1)
        return frame.clone()

    def chance(self, clips: int, generator: torch.Generator) -> Tensor:
        """`chance` at the config's temperature."""
        return chance(clips, self.config.temperature, generator)

    def moved(self, frames: Tensor, flow: Tensor, actions: Tensor, chance: Tensor | None = None) -> Tensor:
        """The next frame uint8 [B, H, W, 3]; the last of ``actions`` [B, n] leads to it. Each pixel is drawn by
        ``chance`` (Gumbel-max, Gumbel 1954), or is the likeliest without: things slower than half a pixel a frame
        would then never move."""
        features = self.features(to_float(frames), flow, self._acts(actions))
        led = _cells_of(flow[:, :2].permute(0, 2, 3, 1))
        logits, colours = self.heard(features.permute(0, 2, 3, 1), led)
        if chance is not None:
            logits = logits + chance.to(logits.device)[:, None, None, None]
        best = _whole(logits).argmax(-1)
        height, width = best.shape[1:]
        shift = torch.tensor([*shifts(), (0, 0)], device=best.device)[best]
        y = (torch.arange(height, device=best.device)[:, None] + shift[..., 0]).clamp(0, height - 1)
        x = (torch.arange(width, device=best.device)[None] + shift[..., 1]).clamp(0, width - 1)
        clip = torch.arange(len(best), device=best.device)[:, None, None]
        copied = frames[:, -1][clip, y, x]
        painted = to_frames(_whole(colours).permute(0, 3, 1, 2))
        return torch.where(best[..., None] == len(shifts()), painted, copied)


def chance(clips: int, temperature: float, generator: torch.Generator) -> Tensor:
    """What decides between things that may happen, [clips, K+1]: Gumbel noise, the same for all pixels of a frame, so
    that those of one figure go the same way."""
    even = torch.rand((clips, len(shifts()) + 1), generator=generator).clamp(1e-6, 1 - 1e-6)
    return -temperature * (-even.log()).log()


def _cells_of(pixels: Tensor) -> Tensor:
    """[B, 2h, 2w, C] -> [B, h, w, 4, C]: 2×2 pixels together, row by row."""
    b, height, width, c = pixels.shape
    cells = pixels.view(b, height // 2, 2, width // 2, 2, c).permute(0, 1, 3, 2, 4, 5)
    return cells.reshape(b, height // 2, width // 2, 4, c)


def _whole(cells: Tensor) -> Tensor:
    """[B, h, w, 4, C] of cells' pixels -> [B, 2h, 2w, C]."""
    b, h, w, _, c = cells.shape
    return cells.view(b, h, w, 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(b, 2 * h, 2 * w, c)


def flow_of(frames: Tensor) -> Tensor:
    """Flow back from the last of three frames [B, 3, H, W, 3] and from the one before: [B, 4, H, W]."""
    return torch.cat([flow_between(frames[:, 1], frames[:, 2]), flow_between(frames[:, 0], frames[:, 1])], 1)
