"""studio-clip: a small CLIP, and two matchers that look for a reference's parts in a frame.

The image and text towers are open_clip's (a timm ResNet of basic blocks, He et al. 2016; a causal text transformer,
Radford et al. 2021), fitted with open_clip's contrastive loss. A pooled vector forgets which scarf went with which
face, so sameness is decided by late interaction (ColBERT, Khattab & Zaharia 2020; FILIP, Yao et al. 2021): learned
part queries read a descriptor each from the reference's tokens, find it again among the frame's tokens, and what was
found is compared with what was sought.
"""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import timm
import torch
from open_clip.model import CLIPTextCfg, CLIPVisionCfg
from timm.models.resnet import BasicBlock, ResNet
from torch import nn
from torch.nn import functional as F

from studio.publish import publish_bytes

FRAME = (256, 144)
"""Width and height in pixels at which frames are seen; reference sheets of characters and places are smaller."""
SHEET = (128, 128)
PLACE = (128, 72)
CONTEXT = 64
VOCABULARY = 4096
_MEAN, _STD = 118.0, 62.0


@timm.models.register_model
def studio_eye(pretrained: bool = False, **kwargs: Any) -> ResNet:
    """The image trunk: strides 4, 8, 16, 32; about a fortieth of a ResNet-50's cost at 256 × 144."""
    kwargs = {k: v for k, v in kwargs.items() if k in ("num_classes", "in_chans", "global_pool")}
    eye = ResNet(BasicBlock, (1, 2, 2, 1), channels=(40, 96, 160, 224), stem_width=20, stem_type="deep", **kwargs)  # type: ignore[arg-type]
    eye.default_cfg = {"pool_size": (5, 8)}
    return eye


def tokens(texts: list[str]) -> torch.Tensor:
    """``(n, CONTEXT)`` int64: words hashed into the vocabulary (0 pads, 1 ends), so that no word is unknown."""
    rows = np.zeros((len(texts), CONTEXT), np.int64)
    for row, text in zip(rows, texts, strict=True):
        words = re.findall(r"[a-z]+|#[0-9a-f]{6}", text.lower().replace("-", " "))[: CONTEXT - 1]
        row[: len(words)] = [2 + zlib.crc32(word.encode()) % (VOCABULARY - 3) for word in words]
        # The end token has the highest id: open_clip's text tower pools there.
        row[len(words)] = VOCABULARY - 1
    return torch.from_numpy(rows)


def pixels(images: np.ndarray) -> torch.Tensor:
    """uint8 RGB ``(n, h, w, 3)`` -> float ``(n, 3, h, w)``, about zero mean and unit spread."""
    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    return ((x - _MEAN) / _STD).contiguous(memory_format=torch.channels_last)


def _positions(height: int, width: int, channels: int) -> torch.Tensor:
    """Fixed two-dimensional sines ``(height·width, channels)``, coordinates as shares of the image."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    waves = 2.0 ** torch.arange(channels // 4) * torch.pi
    parts = [f(v.reshape(-1, 1) * waves) for v in (x, y) for f in (torch.sin, torch.cos)]
    return torch.cat(parts, 1)


class Matcher(nn.Module):
    """Is what the reference shows in the frame? One logit a pair."""

    def __init__(self, channels: int, width: int = 128, parts: int = 16, views: int = 3) -> None:
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


COLOURS = ("skin", "hair", "top", "bottom", "hat")
"""Parts whose colour the reader names (a creature's body, accent and belly are the first three)."""
CLASSES = (("kind", 128), ("cut", 24), ("hat", 32), ("spectacles", 6), ("garment", 48), ("prop", 64))
"""Things that the reader names, with the number of classes; 0 is none."""


class Reader(nn.Module):
    """Reads a figure's colours and things, in a reference and in a frame, and compares what it read.

    Attributes of people are known where the pictures are made, so this is learned from names rather than from
    sameness alone (attribute-based re-identification, Lin et al. 2019). Colours come with a variance (Kendall & Gal
    2017): what cannot be seen weighs little.
    """

    def __init__(self, channels: int, width: int = 128) -> None:
        super().__init__()
        count = len(COLOURS) + len(CLASSES)
        self.value = nn.Sequential(nn.Linear(channels, width), nn.GELU(), nn.Linear(width, width), nn.LayerNorm(width))
        self.key = nn.Linear(channels, width)
        self.place = nn.Linear(32, width)
        self.queries = nn.Parameter(torch.randn(count, width) * 0.3)
        self.whom = nn.Linear(width, width)
        self.again = nn.Linear(width * 3, width)
        self.polish = nn.TransformerEncoderLayer(width, 4, width * 2, 0.0, "gelu", batch_first=True, norm_first=True)
        self.colour = nn.Linear(width, 6)
        self.named = nn.ModuleList(nn.Linear(width, n) for _, n in CLASSES)
        features = len(COLOURS) * 5 + len(CLASSES) * 3
        self.judge = nn.Sequential(nn.Linear(features, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1))
        self.width = width

    def _tokens(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        flat = maps.flatten(2).transpose(1, 2)
        return self.key(flat) + self.place(_positions(maps.shape[2], maps.shape[3], 32)), self.value(flat)

    def reference(self, sheets: torch.Tensor) -> torch.Tensor:
        """Reference maps ``(n, views, c, h, w)`` -> what was read ``(n, attributes, width)``."""
        n = len(sheets)
        keys, values = (t.reshape(n, -1, self.width) for t in self._tokens(sheets.flatten(0, 1)))
        return self._read(self.queries.expand(n, -1, -1), keys, values)

    def frame(self, read: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """What is read in each frame of the figure most like each reference, ``(r, f, attributes, width)``."""
        keys, values = self._tokens(frames)
        r, k, w = read.shape
        queries = self.queries + self.whom(read + read.mean(1, keepdim=True))
        flat = queries.reshape(1, r * k, w).expand(len(frames), -1, -1)
        found = _attend(flat, keys, values).view(-1, r, k, w)
        whole = found.mean(2, keepdim=True).expand_as(found)
        more = flat.view(-1, r, k, w) + self.again(torch.cat([found, whole, read.expand_as(found)], -1))
        found = _attend(more.reshape(-1, r * k, w), keys, values).view(-1, r, k, w)
        polished: torch.Tensor = self.polish(found.flatten(0, 1)).view(-1, r, k, w).transpose(0, 1)
        return polished

    def _read(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        found = _attend(queries, keys, values)
        whole = found.mean(1, keepdim=True).expand_as(found)
        found = _attend(queries + self.again(torch.cat([found, whole, queries], -1)), keys, values)
        polished: torch.Tensor = self.polish(found)
        return polished

    def told(self, read: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
        """Colours ``(…, colours, 3)``, their log-variances, and the logits of each class."""
        colours = self.colour(read[..., : len(COLOURS), :]).float()
        logits = [head(read[..., len(COLOURS) + n, :]).float() for n, head in enumerate(self.named)]
        return colours[..., :3], colours[..., 3:].clamp(-7, 3), logits

    def compare(self, read: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Logits ``(r, f)`` from what was read in the references and in the frames."""
        (a, va, la), (b, vb, lb) = self.told(read[:, None].expand_as(seen)), self.told(seen)
        gap = (a - b).square()
        doubt = torch.logaddexp(va, vb)
        # The small constant keeps the root's gradient finite where two colours agree.
        apart = [(gap * torch.exp(-doubt)).mean(-1), (gap.mean(-1) + 1e-6).sqrt()]
        features = [*apart, doubt.mean(-1), va.mean(-1), vb.mean(-1)]
        for x, y in zip(la, lb, strict=True):
            p, q = torch.softmax(x, -1), torch.softmax(y, -1)
            features += [(p * q).sum(-1)[..., None], p.amax(-1)[..., None], q.amax(-1)[..., None]]
        logits: torch.Tensor = self.judge(torch.cat(features, -1)).squeeze(-1)
        return logits


def _attend(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Four heads read four quarters of the values. (Written out: the fused kernel's backward pass is slow on CPUs.)"""
    p, k, w = query.shape
    q, key, v = (x.reshape(p, -1, 4, w // 4).transpose(1, 2) for x in (query, keys, values))
    share = torch.softmax(q @ key.transpose(2, 3) * (w // 4) ** -0.5, -1)
    return (share @ v).transpose(1, 2).reshape(p, k, w)


class StudioClip(nn.Module):
    """Towers and matchers; about three million weights."""

    def __init__(self) -> None:
        super().__init__()
        vision = CLIPVisionCfg(
            timm_model_name="studio_eye", timm_pool="avg", timm_proj="linear", image_size=FRAME[::-1]
        )
        text = CLIPTextCfg(context_length=CONTEXT, vocab_size=VOCABULARY, width=128, heads=4, layers=3)
        self.clip = open_clip.CustomTextCLIP(128, vision, text)
        channels = 96 + 96 + 2 * 40 + 6
        self.narrow = nn.Conv2d(160, 96, 1)
        self.character, self.location = Matcher(channels), Matcher(channels, views=2)
        self.reader = Reader(channels)

    def look(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """``(n, 3, h, w)`` -> feature maps ``(n, 278, h/8, w/8)`` and normalised embeddings ``(n, 128)``.

        The maps hold two depths of the trunk, its first stage pooled by mean and by maximum, and each cell's own
        colour (mean and spread): who somebody is lies in colours as much as in shapes.
        """
        trunk = self.clip.visual.trunk
        x = trunk.layer1(trunk.maxpool(trunk.act1(trunk.bn1(trunk.conv1(images)))))
        fine = trunk.layer2(x)
        coarse = trunk.layer3(fine)
        pooled = trunk.layer4(coarse).mean((2, 3))
        coarse = F.interpolate(self.narrow(coarse), size=fine.shape[2:], mode="nearest")
        colour = F.avg_pool2d(images, 8)
        spread = (F.avg_pool2d(images.square(), 8) - colour.square()).clamp(min=0).sqrt()
        early = [F.avg_pool2d(x, 2), F.max_pool2d(x, 2), colour, spread]
        return torch.cat([fine, coarse, *early], 1), F.normalize(self.clip.visual.head(pooled), dim=-1)

    def save(self, path: Path, calibration: dict[str, Any]) -> None:
        """Publish the weights in half precision, with their calibration as metadata."""
        from safetensors.torch import save

        half = {k: v.half().contiguous() if v.dtype.is_floating_point else v for k, v in self.state_dict().items()}
        publish_bytes(path, save(half, {"calibration": json.dumps(calibration)}))

    @classmethod
    def load(cls, path: Path) -> tuple[StudioClip, dict[str, Any]]:
        """The model, ready to judge, and its calibration."""
        from safetensors import safe_open

        with safe_open(path, "pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            calibration = json.loads(file.metadata()["calibration"])
        model = cls()
        model.load_state_dict({k: v.float() if v.dtype.is_floating_point else v for k, v in weights.items()})
        return model.eval().to(memory_format=torch.channels_last), calibration  # type: ignore[call-overload]

    def same_character(self, sheets: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """Logits ``(r, f)`` of sheets' maps ``(r, views, c, h, w)`` in frames' maps: the matcher's and the reader's."""
        read = self.reader.reference(sheets)
        logits: torch.Tensor = self.reader.compare(read, self.reader.frame(read, frames))
        return logits + self.character(self.character.parts(sheets), frames)

    def same_location(self, pictures: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """Logits ``(r, f)`` of places' maps ``(r, 2, c, h, w)`` in frames' maps, by their large forms."""
        logits: torch.Tensor = self.location(self.location.parts(pictures), F.avg_pool2d(frames, 2))
        return logits

    def read(self, texts: list[str]) -> torch.Tensor:
        """Normalised embeddings ``(n, 128)`` of captions."""
        embedded: torch.Tensor = self.clip.encode_text(tokens(texts), normalize=True)
        return embedded
