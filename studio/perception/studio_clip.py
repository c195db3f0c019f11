"""studio-clip: a small CLIP, a finder and a likeness of figures, and a matcher of places.

The text tower is open_clip's causal transformer (Radford et al. 2021), the image tower a small residual network of the
same form, fitted together with open_clip's contrastive loss. A pooled vector forgets which scarf went with which
face, so who somebody is is decided on crops of the figures that the finder finds (``likeness``), and which place it is
by parts of the reference that are sought in the frame (``matcher``).
"""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from studio.perception.crops import figure_crops
from studio.perception.finder import Finder
from studio.perception.likeness import VIEWS, Likeness
from studio.perception.matcher import Matcher
from studio.perception.questions import QUESTIONS
from studio.perception.trunk import CHANNELS, ImageTower, drawn
from studio.publish import publish_bytes

FRAME = (256, 144)
"""Width and height in pixels at which frames are seen; reference pictures of places are smaller."""
PLACE = (128, 72)
CONTEXT = 64
VOCABULARY = 4096
WIDTH = 128
"""Numbers in an embedding of a frame or a caption."""
_MEAN, _STD = 118.0, 62.0


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
    x = torch.tensor(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    return ((x - _MEAN) / _STD).contiguous(memory_format=torch.channels_last)


Known = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""What is read on characters' reference sheets."""
Seen = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""What is read on figures in frames."""


class Towers(nn.Module):
    """What sees and, where ``reads``, what reads; with the temperature that compares them."""

    def __init__(self, reads: bool) -> None:
        super().__init__()
        self.visual = ImageTower(WIDTH)
        self.logit_scale = nn.Parameter(torch.tensor(float(np.log(1 / 0.07))))
        if reads:
            from open_clip.transformer import TextTransformer

            self.text = TextTransformer(CONTEXT, VOCABULARY, WIDTH, heads=4, layers=3, output_dim=WIDTH)


class StudioClip(nn.Module):
    """Towers, finder, likeness and matcher; about three million weights.

    To judge takes it need not read: the embeddings of all answers lie beside the weights.
    """

    def __init__(self, reads: bool = False) -> None:
        super().__init__()
        self.clip = Towers(reads)
        self.answers: dict[str, torch.Tensor] = {}
        """Question -> embeddings ``(answers, 128)``, where these weights were saved with them."""
        channels = CHANNELS[1] + 96 + 2 * CHANNELS[0] + 6
        self.narrow = nn.Conv2d(CHANNELS[2], 96, 1)
        self.location, self.finder, self.likeness = Matcher(channels), Finder(channels), Likeness()

    def look(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """``(n, 3, h, w)`` -> feature maps ``(n, 278, h/8, w/8)`` and normalised embeddings ``(n, 128)``.

        The maps hold two depths of the trunk, its first stage pooled by mean and by maximum, and each cell's own
        colour (mean and spread): who somebody is lies in colours as much as in shapes.
        """
        x, fine, coarse, last = self.clip.visual.trunk(images)
        pooled = last.mean((2, 3))
        coarse = F.interpolate(self.narrow(coarse), size=fine.shape[2:], mode="nearest")
        colour = F.avg_pool2d(images, 8)
        spread = (F.avg_pool2d(images.square(), 8) - colour.square()).clamp(min=0).sqrt()
        early = [F.avg_pool2d(x, 2), F.max_pool2d(x, 2), colour, spread]
        return torch.cat([fine, coarse, *early], 1), F.normalize(self.clip.visual.head(pooled), dim=-1)

    def references(self, images: torch.Tensor) -> torch.Tensor:
        """Feature maps of reference pictures, as ``look`` gives them of frames."""
        with drawn():
            maps, _ = self.look(images)
        return maps

    def save(self, path: Path, calibration: dict[str, Any]) -> None:
        """Publish the weights and the answers' embeddings in half precision, with their calibration as metadata."""
        from safetensors.torch import save

        with torch.no_grad():
            answers = {f"answers.{q}": self.read(list(options.values())) for q, options in QUESTIONS.items()}
        told = {**self.state_dict(), **answers}
        half = {k: v.half().contiguous() if v.dtype.is_floating_point else v for k, v in told.items()}
        publish_bytes(path, save(half, {"calibration": json.dumps(calibration)}))

    @classmethod
    def load(cls, path: Path) -> tuple[StudioClip, dict[str, Any]]:
        """The model, ready to judge, and its calibration."""
        from safetensors import safe_open

        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if not name.startswith("clip.text.")]  # noqa: SIM118
            weights = {name: file.get_tensor(name) for name in names}
            calibration = json.loads(file.metadata()["calibration"])
        model = cls()
        whole = {k: v.float() if v.dtype.is_floating_point else v for k, v in weights.items()}
        model.answers = {question: whole.pop(f"answers.{question}") for question in QUESTIONS}
        model.load_state_dict(whole)
        return model.eval().to(memory_format=torch.channels_last), calibration  # type: ignore[call-overload]

    def found(self, frames: np.ndarray, maps: torch.Tensor) -> tuple[Seen, torch.Tensor]:
        """What is seen of the figures in ``frames (f, 240, 416, 3)``, uint8 from ``reduced``, whose feature ``maps``
        they are found in; and the number of each one's frame."""
        boxes = self.finder.boxes(maps)
        figures = np.stack(
            [figure_crops(frame, *box) for frame, found in zip(frames, boxes, strict=True) for box in found]
        )
        owner = torch.tensor([n for n, found in enumerate(boxes) for _ in found])
        light = torch.from_numpy(frames.mean((1, 2)).astype(np.float32))[owner]
        return self.figures(torch.from_numpy(figures), light), owner

    def same_character(self, known: Known, seen: Seen, owner: torch.Tensor) -> torch.Tensor:
        """Logits ``(r, f)`` of characters in frames: that of each frame's most alike figure. ``known`` is what
        ``sheets`` reads on their reference sheets; figures and their frames as they were ``found``."""
        each = self.alike(known, seen)
        logits = [each[:, owner == n].amax(1) for n in range(int(owner[-1]) + 1)]
        return torch.stack(logits, 1)

    def alike(self, known: Known, seen: Seen) -> torch.Tensor:
        """Logits ``(r, f)`` of every character's sheets with every one of ``figures``."""
        (drawn, _, read), (tokens, inside, told) = known, seen
        who = torch.arange(len(drawn)).repeat_interleave(len(tokens))
        where = torch.arange(len(tokens)).repeat(len(drawn))
        logits = self.likeness(drawn, tokens, inside, (who, where)) + self.likeness.reader.compared(
            read[who], told[where]
        )
        return logits.view(len(drawn), len(tokens))

    def sheets(self, crops: torch.Tensor) -> Known:
        """Tokens ``(r, 3, 64, width)``, shares inside ``(r, 3, 64)`` and reading of sheets' crops, uint8
        ``(r, 3, 64, 64, 4)`` from ``sheet_crops``."""
        flat = crops.flatten(0, 1).float()
        light = flat[..., :3].mean((1, 2))
        with drawn():
            tokens, inside = self.likeness.look(_masked(flat), (light - _MEAN) / _STD)
        tokens, inside = tokens.unflatten(0, (-1, 3)), inside.unflatten(0, (-1, 3))
        return tokens, inside, self.likeness.reader(tokens, inside, VIEWS)

    def figures(self, crops: torch.Tensor, light: torch.Tensor) -> Seen:
        """Tokens ``(f, 2, 64, width)``, shares inside ``(f, 2, 64)`` and reading of figures' crops, uint8
        ``(f, 2, 64, 64, 4)``, whose frames have the mean colours ``light (f, 3)`` in 0…255."""
        tokens, inside = self.likeness.look(
            _masked(crops.flatten(0, 1).float()), ((light - _MEAN) / _STD).repeat_interleave(2, 0)
        )
        tokens, inside = tokens.unflatten(0, (-1, 2)), inside.unflatten(0, (-1, 2))
        return tokens, inside, self.likeness.reader(tokens, inside, (0, 1))

    def same_location(self, pictures: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """Logits ``(r, f)`` of places' maps ``(r, 2, c, h, w)`` in frames' maps, by their large forms."""
        logits: torch.Tensor = self.location(self.location.parts(pictures), F.avg_pool2d(frames, 2))
        return logits

    def read(self, texts: list[str]) -> torch.Tensor:
        """Normalised embeddings ``(n, 128)`` of captions."""
        return F.normalize(self.clip.text(tokens(texts)), dim=-1)


def _masked(crops: torch.Tensor) -> torch.Tensor:
    """``(n, h, w, 4)`` 0…255 -> ``(n, 4, h, w)``: colours about zero, and zero outside the picture; mask 0…1."""
    mask = crops[..., 3:] / 255
    x = torch.cat([(crops[..., :3] - _MEAN) / _STD * mask, mask], -1)
    return x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
