"""Is the place of the reference pictures in the frame? Late interaction (ColBERT, Khattab & Zaharia 2020; FILIP, Yao et
al. 2021): learned part queries read a descriptor each from the reference, find it again in the frame, and what was
found is compared with what was sought.
"""

from __future__ import annotations

import torch
from torch import nn


def _positions(height: int, width: int, channels: int) -> torch.Tensor:
    """Fixed two-dimensional sines ``(height·width, channels)``, coordinates as shares of the image."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    waves = 2.0 ** torch.arange(channels // 4) * torch.pi
    parts = [f(v.reshape(-1, 1) * waves) for v in (x, y) for f in (torch.sin, torch.cos)]
    return torch.cat(parts, 1)


class Matcher(nn.Module):
    """Is what the reference shows in the frame? One logit a pair."""

    def __init__(self, channels: int, width: int = 128, parts: int = 16, views: int = 2) -> None:
        super().__init__()
        self.value = nn.Sequential(nn.Linear(channels, width), nn.LayerNorm(width))
        self.key = nn.Linear(channels, width)
        self.place = nn.Linear(32, width)
        self.view = nn.Parameter(torch.zeros(views, 1, width))
        self.queries = nn.Parameter(torch.randn(parts, width) * 0.3)
        self.seek = nn.ModuleList(nn.Linear(width * n, width) for n in (2, 4))
        self.compare = nn.Sequential(nn.Linear(width * 6, width), nn.GELU(), nn.Linear(width, width))
        self.mix = nn.TransformerEncoderLayer(width, 4, width * 2, 0.0, "gelu", batch_first=True, norm_first=True)
        self.verdict = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))
        self.width = width

    def _read(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Feature maps ``(n, c, h, w)`` -> keys and values ``(n, h·w, width)``."""
        flat = maps.flatten(2).transpose(1, 2)
        return self.key(flat) + self.place(_positions(maps.shape[2], maps.shape[3], 32)), self.value(flat)

    def parts(self, sheets: torch.Tensor) -> torch.Tensor:
        """Reference feature maps ``(n, views, c, h, w)`` -> part descriptors ``(n, parts, width)``."""
        n, views = sheets.shape[:2]
        keys, values = self._read(sheets.flatten(0, 1))
        keys = (keys.view(n, views, -1, self.width) + self.view[:views]).flatten(1, 2)
        return _attend(self.queries.expand(n, -1, -1), keys, values.reshape(n, -1, self.width))

    def forward(self, parts: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """Logits ``(r, f)`` of every reference's ``parts (r, parts, width)`` in every frame's maps ``(f, c, h, w)``."""
        keys, values = self._read(frames)
        r, k, w = parts.shape
        f = len(frames)
        # What the whole frame is like: the light under which colours must be compared.
        light = values.mean(1)[:, None, None].expand(f, r, k, w)
        sought, wide = parts.expand(f, r, k, w), self.queries.expand(f, r, k, w)
        first = self.seek[0](torch.cat([parts, self.queries.expand_as(parts)], -1)).expand(f, r, k, w)
        found = _attend(first.reshape(f, r * k, w), keys, values).view(f, r, k, w)
        # A second look, knowing what the first one found: all parts gather on the same figure.
        whole = found.mean(2, keepdim=True).expand_as(found)
        second = first + self.seek[1](torch.cat([sought, wide, found, whole], -1))
        again = _attend(second.reshape(f, r * k, w), keys, values).view(f, r, k, w)
        seen = torch.cat([sought, again, (sought - again).abs(), sought * again, (sought - found).abs(), light], -1)
        mixed = self.mix(self.compare(seen).flatten(0, 1)).mean(1)
        logits: torch.Tensor = self.verdict(mixed).view(f, r).T
        return logits


def _attend(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Four heads read four quarters of the values. (Written out: the fused kernel's backward pass is slow on CPUs.)"""
    p, k, w = query.shape
    q, key, v = (x.reshape(p, -1, 4, w // 4).transpose(1, 2) for x in (query, keys, values))
    share = torch.softmax(q @ key.transpose(2, 3) * (w // 4) ** -0.5, -1)
    return (share @ v).transpose(1, 2).reshape(p, k, w)
