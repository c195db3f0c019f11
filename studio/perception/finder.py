"""Where figures are: a peak on each head, and from it the boxes to crop (CenterNet, Zhou, Wang & Krähenbühl 2019)."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from studio.perception.crops import SEEN, Box

SURE = 0.25
"""Heat above which a peak is a figure; the hottest one always is."""
CANDIDATES = 3


class Finder(nn.Module):
    """Feature maps -> heat of heads, and per cell the figure's two boxes."""

    def __init__(self, channels: int, width: int = 64) -> None:
        super().__init__()
        self.shared = nn.Sequential(
            nn.Conv2d(channels, width, 1), nn.BatchNorm2d(width), nn.GELU(),
            nn.Conv2d(width, width, 3, padding=2, dilation=2), nn.BatchNorm2d(width), nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.GELU(),
        )  # fmt: skip
        self.out = nn.Conv2d(width, 8, 1)
        nn.init.constant_(self.out.bias[:1], -3.0)  # type: ignore[index, arg-type]

    def forward(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """``(n, c, h, w)`` -> logits of heat ``(n, h, w)`` and box numbers ``(n, 7, h, w)``."""
        out = self.out(self.shared(maps)).float()
        return out[:, 0], out[:, 1:]

    @torch.no_grad()
    def boxes(self, maps: torch.Tensor) -> list[list[tuple[Box, Box]]]:
        """Per frame the upper and whole boxes of its figures, hottest first; at least one."""
        heat, numbers = self(maps)
        heat = torch.sigmoid(heat)
        peak = heat * (heat == F.max_pool2d(heat[:, None], 3, 1, 1)[:, 0])
        height, width = heat.shape[1:]
        found = []
        for hot, told in zip(peak, numbers, strict=True):
            values, cells = hot.flatten().topk(CANDIDATES)
            keep = [int(c) for n, (v, c) in enumerate(zip(values, cells, strict=True)) if n == 0 or v > SURE]
            found.append(
                [decoded(told[:, c // width, c % width], centre(c % width, c // width, width, height)) for c in keep]
            )
        return found


def centre(column: int, row: int, width: int, height: int) -> tuple[float, float]:
    """The middle of a cell in shares of the frame's height."""
    return (column + 0.5) / width * SEEN[0] / SEEN[1], (row + 0.5) / height


def encoded(upper: Box, whole: Box, at: tuple[float, float]) -> list[float]:
    """The seven numbers that a cell must tell of a figure's boxes: offsets in heights, sizes in logarithms."""
    x, y = at
    sizes = [math.log(max(0.01, v)) for v in (upper[2] - upper[0], whole[2] - whole[0], whole[3] - whole[1])]
    middle = ((whole[0] + whole[2]) / 2 - x, (whole[1] + whole[3]) / 2 - y)
    return [(upper[0] + upper[2]) / 2 - x, (upper[1] + upper[3]) / 2 - y, *middle, *sizes]


def decoded(told: torch.Tensor, at: tuple[float, float]) -> tuple[Box, Box]:
    """The inverse of ``encoded``."""
    x, y = at
    ux, uy, wx, wy, *logs = told.tolist()
    side, width, tall = (math.exp(min(3.0, max(-4.0, v))) for v in logs)
    return (
        (x + ux - side / 2, y + uy - side / 2, x + ux + side / 2, y + uy + side / 2),
        (x + wx - width / 2, y + wy - tall / 2, x + wx + width / 2, y + wy + tall / 2),
    )
