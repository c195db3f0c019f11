"""The reader: one small network that looks at footage and says what it sees, so that world models can be judged.

A trunk reads each frame; pairs of frames are compared; a convolution over time sees two pairs to either side. Heads
read physics (where the performer is, what is solid, how the camera scrolls, speed, contacts), the action between two
frames (inverse dynamics), and features of short clips for a Fréchet distance.

Horizontal scroll is read from a cost volume, frames compared at every shift (as FlowNet's correlation, Dosovitskiy et
al. 2015, with absolute differences), where the reader sees solid ground: what stands behind scrolls less. A network of
this size that sees the volume without being told where the ground is does not find the scroll in 500 steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.errors import BadInput
from studio.worlds.models._convolutions import Residual, convolution
from studio.worlds.models.base import to_float

SCROLL = 4
"""Pixels a step that Backlot's camera can scroll by, to either side."""
CELL = 4
"""Pixels of the trunk's cells."""
CLIP = 8
"""Steps of the clips that features describe: 0.4 s of Backlot."""
ORDERS = ("as recorded", "reversed", "shuffled", "held")
FLAGS = (
    *("facing", "on_ground", "on_platform", "ducking", "stunned", "on_wire"),
    *("contact_ceiling", "contact_left", "contact_right", "contact_enemy"),
)
"""What is read as yes or no, by its name in an environment's ``state_names``."""


@dataclass(frozen=True)
class Config:
    """Frame size, actions, themes of levels, and widths of trunk, pairs, time and features."""

    height: int = 96
    width: int = 128
    actions: int = 8
    themes: int = 4
    trunk: int = 32
    pairs: int = 64
    hidden: int = 96
    features: int = 64


@dataclass
class Output:
    """What one pass gives for B clips of T frames; logits unless said otherwise.

    ``place`` [B, T, H*W + 1], the last: nowhere; ``solid`` [B, T, H/4, W/4]; ``scroll`` [B, T-1, 9]; and of each step,
    leading from frame i to i+1: ``actions`` [B, T-1, A], ``velocity`` [B, T-1, 2] in pixels, ``flags`` [B, T-1, 10],
    ``hidden`` [B, T-1, hidden].
    """

    place: Tensor
    solid: Tensor
    scroll: Tensor
    actions: Tensor
    velocity: Tensor
    flags: Tensor
    hidden: Tensor


class Reader(nn.Module):
    """Frames uint8 [B, T, H, W, 3], T ≥ 2, to `Output`; `features` of what that holds in ``hidden``."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = c = config
        self.stem = nn.Sequential(convolution(3 * CELL**2, c.trunk), Residual(c.trunk), Residual(c.trunk))
        self.spot, self.solid = convolution(c.trunk, CELL**2, 1), convolution(c.trunk, 1, 1)
        self.nowhere = nn.Linear(2 * c.trunk, 1)
        self.compare = nn.Sequential(convolution(2 * c.trunk + 2 * SCROLL + 1, c.pairs, 3, 2), Residual(c.pairs))
        self.scroll = nn.Linear(c.pairs + 2 * SCROLL + 1, 2 * SCROLL + 1)
        with torch.no_grad():  # begins as: the shift that explains the ground best
            self.scroll.weight[:, c.pairs :] = 3 * torch.eye(2 * SCROLL + 1)
        self.gather = nn.Linear(2 * c.pairs + 2 * SCROLL + 7, c.hidden)
        self.times = nn.ModuleList(nn.Conv1d(c.hidden, c.hidden, 3, padding=1) for _ in range(2))
        self.acted, self.velocity = nn.Linear(c.hidden, c.actions), nn.Linear(c.hidden, 2)
        self.flags = nn.Linear(c.hidden, len(FLAGS))
        self.summary = nn.Linear(2 * c.hidden, c.features)
        self.order, self.theme = nn.Linear(c.features, len(ORDERS)), nn.Linear(c.features, c.themes)

    @classmethod
    def tiny(cls) -> Reader:
        """A miniature with random weights, for 32×48 frames and 4 actions."""
        return cls(Config(32, 48, 4, 2, 8, 8, 8, 8))

    def forward(self, frames: Tensor) -> Output:
        """Raises BadInput for frames of another size or kind, or a clip of one."""
        self.check(frames)
        return self.paired(frames, self.trunk(to_float(frames)))

    def check(self, frames: Tensor) -> None:
        """Raises BadInput where the reader cannot read ``frames``."""
        c = self.config
        fits = frames.dim() == 5 and tuple(frames.shape[2:]) == (c.height, c.width, 3) and frames.dtype == torch.uint8
        if not fits or frames.shape[1] < 2:
            raise BadInput(
                f"the reader takes uint8 frames [batch, time ≥ 2, {c.height}, {c.width}, 3], "
                f"not {str(frames.dtype).removeprefix('torch.')} {list(frames.shape)}"
            )

    def trunk(self, pixels: Tensor) -> Tensor:
        """[B, T, 3, H, W] in [-1, 1] to [B, T, trunk, H/4, W/4]."""
        return self.stem(F.pixel_unshuffle(pixels.flatten(0, 1), CELL)).unflatten(0, pixels.shape[:2])

    def paired(self, frames: Tensor, seen: Tensor) -> Output:
        """`Output` from uint8 frames and what the trunk made of them."""
        flat = seen.flatten(0, 1)
        spots = F.pixel_shuffle(self.spot(flat), CELL).flatten(1)
        nowhere = self.nowhere(torch.cat((flat.mean((2, 3)), flat.amax((2, 3))), 1))
        place = torch.cat((spots, nowhere), 1).float().unflatten(0, seen.shape[:2])
        solid = self.solid(flat)[:, 0].unflatten(0, seen.shape[:2])
        shifted = shifted_differences(frames)
        pairs = torch.cat((seen[:, :-1], seen[:, 1:], shifted.to(seen.dtype)), 2)
        compared = F.silu(self.compare(pairs.flatten(0, 1))).unflatten(0, pairs.shape[:2])
        hidden, scroll = self._steps(compared, place, ground_moved(shifted, solid[:, 1:].detach()))
        return Output(
            place,
            solid,
            scroll,
            self.acted(hidden),
            self.velocity(hidden),
            self.flags(hidden),
            hidden,
        )

    def _steps(self, compared: Tensor, place: Tensor, ground: Tensor) -> tuple[Tensor, Tensor]:
        whole = compared.mean((3, 4))
        scroll = self.scroll(torch.cat((whole, ground.to(whole.dtype)), 2))
        weights, x, y, found = located(place.detach(), self.config.height, self.config.width)
        near = F.avg_pool2d(weights, 2 * CELL)[:, 1:] * (2 * CELL) ** 2
        local = (compared * near[:, :, None]).sum((3, 4))
        moved = torch.stack((x.diff(dim=1), y.diff(dim=1)), 2) * (found[:, 1:] * found[:, :-1])[..., None]
        where = torch.stack(
            (x[:, 1:] / self.config.width, y[:, 1:] / self.config.height, found[:, :-1], found[:, 1:]), 2
        )
        wide = (whole, local, scroll.detach().softmax(-1), moved / 4, where)
        hidden = F.silu(self.gather(torch.cat([each.to(compared.dtype) for each in wide], 2)))
        for layer in self.times:
            held = F.pad(hidden.mT, (1, 1), mode="replicate")
            hidden = hidden + F.silu(F.conv1d(held, layer.weight, layer.bias)).mT  # type: ignore[arg-type]
        return hidden, scroll

    def features(self, hidden: Tensor, clip: int = CLIP) -> Tensor:
        """``hidden`` [B, S, hidden] to features [B, S // clip, features] of whole clips of ``clip`` steps."""
        count = hidden.shape[1] // clip
        cut = hidden[:, : count * clip].unflatten(1, (count, clip))
        return self.summary(torch.cat((cut.mean(2), cut.diff(dim=2).abs().mean(2)), -1))


def shifted_differences(frames: Tensor) -> Tensor:
    """uint8 [B, T, H, W, 3] to [B, T-1, 9, H/4, W/4]: brightness of a frame against the one before it, shifted by
    -4 to 4 pixels; 0 where they are equal."""
    grey = frames.float().mean(-1) / 64
    later, width = grey[:, 1:].flatten(0, 1), grey.shape[3]
    before = F.pad(grey[:, :-1].flatten(0, 1), (SCROLL, SCROLL), mode="replicate")
    shifts = [(later - before[..., s : s + width]).abs() for s in range(2 * SCROLL + 1)]
    return F.avg_pool2d(torch.stack(shifts, 1), CELL).unflatten(0, grey[:, 1:].shape[:2])


def ground_moved(shifted: Tensor, solid: Tensor) -> Tensor:
    """How well each shift [B, T, 9, h, w] explains cells that are ``solid`` (logits [B, T, h, w]): [B, T, 9], 0 for the
    best, about -2 for the others."""
    chance = solid.float().sigmoid()[:, :, None]
    cost = (shifted * chance).sum((3, 4))
    least = cost.amin(2, keepdim=True)
    return (least - cost) / ((cost - least).mean(2, keepdim=True) + 0.1) * 2


def located(place: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits ``place`` [B, T, H*W + 1] to (weights of pixels [B, T, H, W] that sum to 1, x and y in pixels [B, T],
    probability that it is somewhere [B, T]). x and y are the mean about the likeliest pixel."""
    chance = place.softmax(-1)
    found = 1 - chance[..., -1]
    weights = place[..., :-1].softmax(-1)
    best = weights.argmax(-1, keepdim=True)
    column, row = best % width, best // width
    xs, ys = torch.arange(width, device=place.device), torch.arange(height, device=place.device)
    close_x = ((xs - column).abs() <= 2).float()
    close_y = ((ys - row).abs() <= 2).float()
    weights = weights.unflatten(-1, (height, width))
    close = weights * close_y[..., :, None] * close_x[..., None, :]
    total = close.sum((-1, -2)).clamp(min=1e-9)
    x, y = (close.sum(-2) * xs).sum(-1) / total, (close.sum(-1) * ys).sum(-1) / total
    return weights, x, y, found
