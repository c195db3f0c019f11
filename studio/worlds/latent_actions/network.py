"""An inverse model that puts what happened between two frames into a discrete code, and a forward model that must make
the second frame of the first one and the code (as Genie's latent action model, Bruce et al. 2024, with FSQ codes).

The forward model sees one frame only. One that saw the frames before would know how things move already, and the codes
would tell accelerations: standing and running at an even speed would have the same code.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.errors import BadInput
from studio.worlds.models._convolutions import Residual, convolution
from studio.worlds.models._quantise import FSQ
from studio.worlds.models.base import check_size, to_float

CELL = 4
"""Pixels of the cells that the networks work on."""
SHIFT = 4
"""Pixels by which frames are compared with each other, to either side."""
ACROSS, DOWN = 6, 9
"""Pixels that a layer can move by in a step."""
REST = 0.02
"""Weight of the pixels as they were, where no layer has come to lie."""
CHANGED, WEIGHT = 0.1, 8.0
"""A pixel (in [-1, 1]) that changes by more weighs so much more: most of a frame stays as it is."""


@dataclass(frozen=True)
class Config:
    """Frame size; FSQ's ``levels``: (5, 5, 5, 5, 5, 5) has 15,625 codes, room for the ways in which a picture moves,
    of which footage uses few; widths of the two networks."""

    height: int = 96
    width: int = 128
    levels: tuple[int, ...] = (5, 5, 5, 5, 5, 5)
    inverse: int = 32
    forward: int = 32
    layers: int = 5


class LatentActions(nn.Module):
    """The pair. Frames uint8 [B, T, H, W, 3], T ≥ 2."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        check_size("a latent action model", config.height, config.width, 2 * CELL)
        self.config = c = config
        self.look = convolution(3 * CELL**2, c.inverse)
        self.compare = nn.Sequential(
            convolution(2 * c.inverse + 2 * (2 * SHIFT + 1), 2 * c.inverse, 3, 2), Residual(2 * c.inverse)
        )
        self.code = nn.Sequential(
            nn.Linear(6 * c.inverse, 2 * c.inverse), nn.SiLU(), nn.Linear(2 * c.inverse, len(c.levels))
        )
        # Spread over the batch: otherwise all raw codes begin in FSQ's middle cell, and stay there.
        self.spread = nn.BatchNorm1d(len(c.levels), affine=False)
        self.quantise = FSQ(c.levels)
        self.part = nn.Sequential(
            convolution(3 * CELL**2, c.forward),
            nn.SiLU(),
            Residual(c.forward),
            convolution(c.forward, c.layers * CELL**2),
        )
        taps = 2 * ACROSS + 1 + 2 * DOWN + 1
        self.move = nn.Sequential(nn.Linear(len(c.levels), c.forward), nn.SiLU(), nn.Linear(c.forward, c.layers * taps))
        self.front = nn.Parameter(torch.linspace(0, 2, c.layers))

    @classmethod
    def tiny(cls) -> LatentActions:
        """A miniature with random weights, for 32×48 frames."""
        return cls(Config(32, 48, (5, 5), 8, 16, 2))

    def vectors(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """(quantised [B, T-1, levels] in [-1, 1], codes int64 [B, T-1]) of the steps. Raises BadInput for other
        sizes."""
        c = self.config
        if frames.dim() != 5 or tuple(frames.shape[2:]) != (c.height, c.width, 3) or frames.shape[1] < 2:
            raise BadInput(
                f"the latent action model takes frames [batch, time ≥ 2, {c.height}, {c.width}, 3], "
                f"not {list(frames.shape)}"
            )
        pixels = to_float(frames)
        seen = F.silu(self.look(F.pixel_unshuffle(pixels.flatten(0, 1), CELL))).unflatten(0, frames.shape[:2])
        shifted = compared(pixels)
        pairs = torch.cat((seen[:, :-1], seen[:, 1:], shifted.to(seen.dtype)), 2).flatten(0, 1)
        found = F.silu(self.compare(pairs))
        change = F.avg_pool2d(shifted[:, :, SHIFT].flatten(0, 1), 2)[:, None]
        where = (found * change).sum((2, 3)) / (change.sum((2, 3)) + 1e-3)
        raw = self.code(torch.cat((found.mean((2, 3)), found.amax((2, 3)), where.to(found.dtype)), 1))
        quantised, codes, _ = self.quantise(self.spread(raw.float())[..., None, None])
        shape = (frames.shape[0], frames.shape[1] - 1)
        return quantised[..., 0, 0].unflatten(0, shape), codes[..., 0, 0].unflatten(0, shape)

    def foretold(self, frames: Tensor, vectors: Tensor) -> Tensor:
        """The frames after ``frames`` [B, T, H, W, 3] if what ``vectors`` [B, T, levels] say happens: float
        [B, T, 3, H, W] in about [-1, 1]."""
        c, pixels = self.config, to_float(frames).flatten(0, 1)
        parts = F.pixel_shuffle(self.part(F.pixel_unshuffle(pixels, CELL)), CELL).float().softmax(1)
        parts = parts * self.front.exp()[:, None, None]
        sheets = torch.cat((parts[:, :, None] * pixels[:, None], parts[:, :, None]), 2)
        taps = self.move(vectors.flatten(0, 1)).float().unflatten(1, (c.layers, -1))
        moved = shifted(sheets, taps[..., : 2 * ACROSS + 1].softmax(-1), taps[..., 2 * ACROSS + 1 :].softmax(-1)).sum(1)
        made = (moved[:, :3] + REST * pixels) / (moved[:, 3:] + REST)
        return made.unflatten(0, frames.shape[:2])


def shifted(sheets: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """[N, M, C, H, W], each of the M sheets moved by its distribution over shifts ``across`` [N, M, 13] and ``down``
    [N, M, 19]."""
    count, layers, channels, height, width = sheets.shape
    x = sheets.permute(2, 0, 1, 3, 4).reshape(channels, count * layers, height, width)
    x = F.conv2d(x, across.reshape(-1, 1, 1, across.shape[-1]), padding=(0, ACROSS), groups=count * layers)
    x = F.conv2d(x, down.reshape(-1, 1, down.shape[-1], 1), padding=(DOWN, 0), groups=count * layers)
    return x.view(channels, count, layers, height, width).permute(1, 2, 0, 3, 4)


def compared(pixels: Tensor) -> Tensor:
    """[B, T, 3, H, W] to [B, T-1, 18, H/4, W/4]: differences in brightness from the frame before, shifted by -4 to 4
    pixels across (channel 4: not shifted), then down."""
    grey = pixels.float().mean(2) * 2
    later, (height, width) = grey[:, 1:].flatten(0, 1), grey.shape[2:]
    before = F.pad(grey[:, :-1].flatten(0, 1), (SHIFT,) * 4, mode="replicate")
    steps, middle = range(2 * SHIFT + 1), slice(SHIFT, -SHIFT)
    across = [(later - before[:, middle, s : s + width]).abs() for s in steps]
    down = [(later - before[:, s : s + height, middle]).abs() for s in steps]
    return F.avg_pool2d(torch.stack(across + down, 1), CELL).unflatten(0, grey[:, 1:].shape[:2])


def losses(network: LatentActions, frames: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
    """Error of foretold frames, where something changes `WEIGHT` times as much; ``copied``: that of no change at all,
    ``codes``: how many different ones the batch has."""
    vectors, codes = network.vectors(frames)
    true = to_float(frames[:, 1:])
    was = to_float(frames[:, :-1])
    weight = 1 + WEIGHT * ((true - was).abs().amax(2, keepdim=True) > CHANGED)
    made = network.foretold(frames[:, :-1], vectors)
    scale = weight.mean()
    loss = ((made.float() - true).abs() * weight).mean() / scale
    copied = ((was - true).abs() * weight).mean() / scale
    return {"loss": loss, "copied": copied, "codes": torch.tensor(float(len(codes.unique())))}
