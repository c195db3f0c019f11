"""A transformer over space and time: within a frame every place sees every other; each place sees its own past.

Written for one frame at a time on a CPU: few tokens (a patch of latents each), a ring of keys and values a layer for
the past, and one modulation network for all layers (adaLN-single, Chen et al. 2023, PixArt-α). A camera moves by a
part of a token, which tokens alone learn slowly: convolutions at the latents' own size come before and after them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.worlds.models._convolutions import Residual, convolution


@dataclass
class Past:
    """Rotated keys and values of the last frames a layer, [L, B·P, heads, window, head], as a ring: their order does
    not matter to attention, since position is in the keys. ``time``: frames that were written so far."""

    keys: Tensor
    values: Tensor
    time: int = 0
    extra: dict[str, Tensor] = field(default_factory=dict)

    @property
    def window(self) -> int:
        return self.keys.shape[3]

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        """Attention of T frames [B·P, heads, T, head] to themselves and to what came before; ``k`` and ``v`` are
        written. More than one frame may only begin the past."""
        frames = k.shape[2]
        for i in range(max(0, frames - self.window), frames):
            slot = (self.time + i) % self.window
            self.keys[layer, :, :, slot], self.values[layer, :, :, slot] = k[:, :, i], v[:, :, i]
        if frames == 1:
            filled = min(self.time + 1, self.window)
            k, v = self.keys[layer, :, :, :filled], self.values[layer, :, :, :filled]
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def rotated(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    a, b = x.chunk(2, -1)
    return x * turn[0] + torch.cat([-b, a], -1) * turn[1]


class Block(nn.Module):
    """Attention over space, attention over time, and a perceptron, each modulated and gated."""

    def __init__(self, width: int, heads: int, widen: int) -> None:
        super().__init__()
        self.heads = heads
        self.space, self.space_out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.time, self.time_out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, widen * width), nn.Linear(widen * width, width)
        self.table = nn.Parameter(torch.zeros(9, width))

    def forward(
        self, x: Tensor, told: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, past: Past | None, layer: int
    ) -> Tensor:
        """x [B, T, P, D], told [B, T, 9, D]; with ``past`` T is 1, and its slot in the ring is written."""
        shift_s, scale_s, gate_s, shift_t, scale_t, gate_t, shift_m, scale_m, gate_m = (told + self.table)[
            :, :, :, None
        ].unbind(2)  # fmt: skip
        x = x + gate_s * self._over_space(_modulated(x, shift_s, scale_s))
        x = x + gate_t * self._over_time(_modulated(x, shift_t, scale_t), turn, mask, past, layer)
        inner = F.gelu(self.widen(_modulated(x, shift_m, scale_m)), approximate="tanh")
        return x + gate_m * self.narrow(inner)

    def _over_space(self, x: Tensor) -> Tensor:
        b, t, p, d = x.shape
        q, k, v = self.space(x).view(b * t, p, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(q, k, v)
        return self.space_out(out.transpose(1, 2).reshape(b, t, p, d))

    def _over_time(
        self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, past: Past | None, layer: int
    ) -> Tensor:
        b, t, p, d = x.shape
        q, k, v = self.time(x).view(b, t, p, 3, self.heads, -1).permute(3, 0, 2, 4, 1, 5).flatten(1, 2)
        q, k = rotated(q, turn), rotated(k, turn)
        if past is None:
            out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            out = past.attend(layer, q, k, v, mask)
        out = out.view(b, p, self.heads, t, -1).permute(0, 3, 1, 2, 4)
        return self.time_out(out.reshape(b, t, p, d))


def _modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:]) * (1 + scale) + shift


class SpaceTime(nn.Module):
    """Latents of frames in, latents out, told a condition for each frame.

    ``window``: frames that a place sees, itself included. ``inside``: channels of the input; the output has those of
    ``shape``; ``fine``: channels of the convolutions. May be turned to bfloat16 for play: what goes in and comes out
    stays float32.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        inside: int,
        width: int,
        layers: int,
        heads: int,
        patch: int,
        window: int,
        widen: int = 4,
        fine: int = 48,
    ) -> None:
        super().__init__()
        outside, rows, columns = shape
        self.patch, self.window, self.heads, self.layers = patch, window, heads, layers
        self.grid = (rows // patch, columns // patch)
        self.stem = convolution(inside, fine)
        self.enter = nn.Linear(fine * patch * patch, width)
        self.places = nn.Parameter(torch.randn(self.grid[0] * self.grid[1], width) * 0.02)
        self.blocks = nn.ModuleList(Block(width, heads, widen) for _ in range(layers))
        self.modulate = nn.Linear(width, 9 * width)
        self.last = nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, fine * patch * patch)
        self.finish = nn.Sequential(
            *(convolution(inside + 2 * fine, fine), nn.SiLU(), Residual(fine), nn.SiLU(), convolution(fine, outside))
        )
        half = width // heads // 2
        rates = 1000.0 ** (-torch.arange(0, half, dtype=torch.float32) / half)
        self.register_buffer("rates", rates, persistent=False)
        for layer in (self.modulate, self.last, self.finish[-1]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, latents: Tensor, told: Tensor, past: Past | None = None, twice: bool = False) -> Tensor:
        """latents [B, T, C, h, w], told [B, T, D] to [B, T, C', h, w]. With ``past``, its frames come before (T is 1),
        or the T frames begin it (nothing was written yet). ``twice``: the clip stands there two times, as it was and
        as it is to be made; each frame of the second half sees itself and the past of the first."""
        b, t, _, h, w = latents.shape
        p = self.patch
        kind = self.places.dtype
        inside = latents.flatten(0, 1).to(kind).contiguous(memory_format=torch.channels_last)
        near = F.silu(self.stem(inside))
        x = near.view(b, t, -1, h // p, p, w // p, p).permute(0, 1, 3, 5, 2, 4, 6).flatten(4).flatten(2, 3)
        x, told = self.enter(x) + self.places, told.to(kind)
        start = 0 if past is None else past.time
        times = start + torch.arange(t, device=latents.device)
        if twice:
            times = times % (t // 2)
        turn = self._rotation(times)
        mask = None if t == 1 else self._mask(times, t // 2 if twice else t)
        told = F.silu(told)
        shared = self.modulate(told).unflatten(-1, (9, -1))
        for layer, block in enumerate(self.blocks):
            x = block(x, shared, turn, mask, past, layer)
        shift, scale = self.last(told)[:, :, None].chunk(2, -1)
        x = self.leave(_modulated(x, shift, scale))
        x = x.view(b * t, h // p, w // p, -1, p, p).permute(0, 3, 1, 4, 2, 5).reshape(b * t, -1, h, w)
        return self.finish(torch.cat([x, near, inside], 1)).view(b, t, -1, h, w).float()

    def _rotation(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines [T, head] of rotary position embedding (Su et al. 2021)."""
        angles = times[:, None].float() * self.rates.float()
        kind = self.places.dtype
        return torch.cat([angles.cos()] * 2, -1).to(kind), torch.cat([angles.sin()] * 2, -1).to(kind)

    def _mask(self, times: Tensor, first: int) -> Tensor:
        """bool [T, T]: what sees what, where the first ``first`` frames are the past of all."""
        index = torch.arange(len(times), device=times.device)
        age = times[:, None] - times[None]
        before = (index[None] < first) & (age < self.window) & torch.where(index[:, None] < first, age >= 0, age > 0)
        return before | (index[:, None] == index[None])

    def no_past(self, batch: int) -> Past:
        """An empty ring for ``batch`` clips."""
        width = self.places.shape[1]
        shape = (self.layers, batch * len(self.places), self.heads, self.window, width // self.heads)
        return Past(self.places.new_zeros(shape), self.places.new_zeros(shape))


class Level(nn.Module):
    """A number in [0, 1] as a condition: sinusoids through a small perceptron."""

    def __init__(self, width: int, waves: int = 64) -> None:
        super().__init__()
        self.register_buffer("rates", torch.exp(torch.linspace(0, math.log(1000), waves)), persistent=False)
        self.first, self.second = nn.Linear(2 * waves, width), nn.Linear(width, width)

    def forward(self, value: Tensor) -> Tensor:
        angles = value.float()[..., None] * self.rates
        return self.second(F.silu(self.first(torch.cat([angles.cos(), angles.sin()], -1))))
