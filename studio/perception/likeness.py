"""Likeness: is the figure in this crop the one on those sheets?

Crops framed alike are compared twice. Cell by cell: each cell of the sheet finds its counterpart in the frame's crop
near the same spot (late interaction, ColBERT, Khattab & Zaharia 2020), and what was found is compared with what was
sought. And by name: colours and things are read off both (attribute-based re-identification, Lin et al. 2019), colours
with a variance (Kendall & Gal 2017), so that what cannot be seen weighs little.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from studio.perception.trunk import Block, Norm

COLOURS = ("skin", "hair", "top", "bottom", "hat")
"""Parts whose colour is read (a creature's body, accent and belly are the first three)."""
CLASSES = (("kind", 128), ("cut", 24), ("hat", 32), ("spectacles", 6), ("garment", 48), ("prop", 64))
"""Things that are read, with the number of classes; 0 is none."""
CELLS = 8
VIEWS = (0, 0, 1)
"""Which of a figure's two crops each of the three sheets is compared with."""


class Likeness(nn.Module):
    """Crops in, one logit a pair out."""

    def __init__(self, width: int = 96, hidden: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(7, 32, 3, 2, 1, bias=False), Norm(32), nn.GELU())
        self.blocks = nn.Sequential(Block(32, 48, 2), Block(48, width, 2), Block(width, width, 1))
        self.project = nn.Linear(width + 48 + 16, width)
        self.norm = nn.LayerNorm(width)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.near = nn.Parameter(torch.zeros(2, 4, 2 * CELLS - 1, 2 * CELLS - 1))
        self.where = nn.Parameter(torch.zeros(2, CELLS * CELLS, width))
        self.compare = nn.ModuleList(
            nn.Sequential(nn.Linear(width * 4 + 1, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
            for _ in range(2)
        )
        self.verdict = nn.Sequential(
            nn.LayerNorm(hidden * 6), nn.Linear(hidden * 6, hidden), nn.GELU(), nn.Linear(hidden, 1)
        )
        self.reader = Reader(width)
        offset = torch.arange(CELLS)[:, None] - torch.arange(CELLS)[None] + CELLS - 1
        grid = offset.repeat_interleave(CELLS, 0).repeat_interleave(CELLS, 1), offset.repeat(CELLS, CELLS)
        self.register_buffer("offsets", torch.stack(grid), persistent=False)
        with torch.no_grad():  # start by looking near the same spot
            away = (torch.arange(2 * CELLS - 1) - CELLS + 1).float().square()
            self.near -= 0.15 * (away[:, None] + away[None])

    def look(self, crops: torch.Tensor, light: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Crops ``(n, 4, 64, 64)`` (RGB about zero, mask 0…1) and their pictures' mean colours ``(n, 3)`` ->
        tokens ``(n, 64, width)`` and the share of each cell inside the picture ``(n, 64)``."""
        planes = light[:, :, None, None].expand(-1, -1, *crops.shape[2:])
        x = self.stem(torch.cat([crops, planes], 1))
        first = self.blocks[0](x)
        deep = self.blocks[2](self.blocks[1](first))
        colour = F.pixel_unshuffle(F.avg_pool2d(crops, 4), 2)
        seen = torch.cat([deep, F.max_pool2d(first, 2), colour], 1).flatten(2).transpose(1, 2)
        inside = F.avg_pool2d(crops[:, 3:], CELLS).flatten(1)
        tokens: torch.Tensor = self.norm(self.project(seen))
        return tokens, inside

    def forward(
        self,
        sheets: torch.Tensor,
        figures: torch.Tensor,
        inside: torch.Tensor,
        pairs: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """Logits ``(p,)`` of ``pairs`` (rows of sheets, rows of figures): tokens ``(r, 3, 64, width)`` of sheets,
        ``(f, 2, 64, width)`` of figures, and ``inside (f, 2, 64)`` of the figures' cells."""
        who, where = pairs
        views = [self._compared(n, sheets[who, v], figures[where, n], inside[where, n]) for v, n in enumerate(VIEWS)]
        logits: torch.Tensor = self.verdict(torch.cat(views, -1)).squeeze(-1)
        return logits

    def _compared(self, n: int, sheet: torch.Tensor, figure: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        p, cells, width = sheet.shape
        spot = self.where[n]
        q = self.query(sheet + spot).view(p, cells, 4, -1).transpose(1, 2)
        k = self.key(figure + spot).view(p, cells, 4, -1).transpose(1, 2)
        v = figure.view(p, cells, 4, -1).transpose(1, 2)
        near = self.near[n][:, self.offsets[0], self.offsets[1]]  # type: ignore[index]
        score = q @ k.transpose(2, 3) * (width // 4) ** -0.5 + near + 8 * (inside - 1)[:, None, None]
        share = torch.softmax(score, -1)
        found = (share @ v).transpose(1, 2).reshape(p, cells, width)
        seen = (share.mean(1) @ inside[..., None]).to(found.dtype) * inside[..., None].to(found.dtype)
        both = torch.cat([sheet, found, (sheet - found).abs(), sheet * found, seen], -1)
        each = self.compare[n](both) * (0.05 + seen)
        return torch.cat([each.sum(1) / (0.05 + seen).sum(1), each.amax(1)], -1)


class Reader(nn.Module):
    """Reads a figure's colours and things off its tokens, and compares two readings."""

    def __init__(self, width: int) -> None:
        super().__init__()
        count = len(COLOURS) + len(CLASSES)
        self.queries = nn.Parameter(torch.randn(count, width) * 0.3)
        self.where = nn.Parameter(torch.zeros(2, CELLS * CELLS, width))
        self.key, self.value = nn.Linear(width, width), nn.Linear(width, width)
        self.polish = nn.TransformerEncoderLayer(width, 4, width * 2, 0.0, "gelu", batch_first=True, norm_first=True)
        self.colour = nn.Linear(width, 6)
        self.named = nn.ModuleList(nn.Linear(width, n) for _, n in CLASSES)
        features = len(COLOURS) * 5 + len(CLASSES) * 3
        self.judge = nn.Sequential(nn.Linear(features, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1))

    def forward(self, tokens: torch.Tensor, inside: torch.Tensor, crops: tuple[int, ...]) -> torch.Tensor:
        """Tokens ``(n, views, 64, width)`` of crops of kinds ``crops`` (0 upper, 1 whole) -> ``(n, things, width)``."""
        n, views, cells, width = tokens.shape
        placed = tokens + self.where[list(crops)]
        keys = self.key(placed).view(n, views * cells, 4, -1).transpose(1, 2)
        values = self.value(placed).view(n, views * cells, 4, -1).transpose(1, 2)
        queries = self.queries.view(1, -1, 4, width // 4).transpose(1, 2)
        score = queries @ keys.transpose(2, 3) * (width // 4) ** -0.5 + 8 * (inside.reshape(n, 1, 1, -1) - 1)
        found = (torch.softmax(score, -1) @ values).transpose(1, 2).reshape(n, -1, width)
        polished: torch.Tensor = self.polish(found + self.queries)
        return polished

    def told(self, read: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
        """Colours ``(n, colours, 3)``, their log-variances, and the logits of each class."""
        colours = self.colour(read[:, : len(COLOURS)]).float()
        logits = [head(read[:, len(COLOURS) + n]).float() for n, head in enumerate(self.named)]
        return colours[..., :3], colours[..., 3:].clamp(-7, 3), logits

    def compared(self, read: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Logits ``(p,)`` from what was read off the sheets and off the figures, row by row."""
        (a, va, la), (b, vb, lb) = self.told(read), self.told(seen)
        gap, doubt = (a - b).square(), torch.logaddexp(va, vb)
        # The small constant keeps the root's gradient finite where two colours agree.
        features = [
            (gap * torch.exp(-doubt)).mean(-1),
            (gap.mean(-1) + 1e-6).sqrt(),
            doubt.mean(-1),
            va.mean(-1),
            vb.mean(-1),
        ]
        for x, y in zip(la, lb, strict=True):
            p, q = torch.softmax(x, -1), torch.softmax(y, -1)
            features += [(p * q).sum(-1, keepdim=True), p.amax(-1, keepdim=True), q.amax(-1, keepdim=True)]
        logits: torch.Tensor = self.judge(torch.cat(features, -1)).squeeze(-1)
        return logits
