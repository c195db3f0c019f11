"""The eye: studio-clip looking at a take. Every value is a calibrated probability."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from studio.perception.calibration import BAR, probability
from studio.perception.crops import SEEN
from studio.perception.encoders.base import ImageEncoder, Likely
from studio.perception.framing import FACES as FACES
from studio.perception.framing import PLACES as PLACES
from studio.perception.framing import SMALL
from studio.perception.questions import QUESTIONS
from studio.repeatable import in_halves, one_thread
from studio.rewards.base import Footage

if TYPE_CHECKING:
    import torch

    from studio.perception.studio_clip import Known, Seen, StudioClip

FRAME, PLACE = (256, 144), (128, 72)
"""As in studio_clip, which is not imported before a take is judged."""
SHEETS, PICTURES = ("front", "three_quarter", "full_body"), ("wide", "detail")
"""The views that characters and places are compared with."""
CAST = 64
"""Characters whose sheets are kept as they were read."""


class Eye(ImageEncoder):
    """The encoder that the reward terms ask where no other is named."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self._looked: tuple[Footage, dict[tuple[str, bool], Any]] | None = None
        self._known: dict[bytes, Known] = {}

    @property
    def here(self) -> bool:
        return self.file.is_file()

    def fingerprint(self, memo: Path) -> str:
        """sha256 of the file; so small that nothing need be remembered."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    @cached_property
    def _loaded(self) -> tuple[StudioClip, dict[str, Any]]:
        from studio.perception.studio_clip import StudioClip

        return StudioClip.load(self.file)

    def who(self, footage: Footage, character: str) -> Likely | None:
        sheets = [footage.references.get(f"characters/{character}/{view}") for view in SHEETS]
        if any(sheet is None for sheet in sheets):
            return None
        known = [sheet for sheet in sheets if sheet is not None]
        each = self._who(footage, known)
        found = self._likely("character", footage, each)
        if found.probability < BAR and footage.brief.direction.shot_size in SMALL:
            each = np.maximum(each, self._who(footage, known, closer=True))
            found = self._likely("character", footage, each)
        return found

    def where(self, footage: Footage) -> Likely | None:
        brief, known = footage.brief, footage.references
        by_day, lit = (
            [known.get(f"locations/{brief.location.id}/{view}{hour}") for view in PICTURES]
            for hour in ("", f"_{brief.time_of_day}")
        )
        if any(picture is None for picture in by_day):
            return None
        lit = [] if any(picture is None for picture in lit) else lit
        return self._likely("place", footage, self._where(footage, by_day, lit))

    def answer(self, footage: Footage, question: str) -> dict[str, float] | None:
        """The answers to one of ``QUESTIONS`` with their probabilities, from the mean over the sampled frames."""
        import torch

        model, _ = self._loaded
        with one_thread(), torch.no_grad():
            _, seen = self._look(footage)
            logits = model.clip.logit_scale.exp() * (seen @ model.answers[question].T).mean(0)
            shares = torch.softmax(logits, 0)
        return dict(zip(QUESTIONS[question], (float(v) for v in shares), strict=True))

    def _look(self, footage: Footage, closer: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """Feature maps and embeddings of the sampled frames, kept while one take is judged; ``closer``: of larger ones,
        in which the finder finds small figures."""
        import torch

        from studio.perception.studio_clip import pixels

        kept = self._kept(footage)
        if ("maps", closer) not in kept:
            frames, size, model = footage.frames, SEEN if closer else FRAME, self._loaded[0]
            halves = in_halves(lambda part: model.look(pixels(_small(frames[part], size))), len(frames))
            kept["maps", closer] = tuple(torch.cat(both) for both in zip(*halves, strict=True))
        maps, seen = kept["maps", closer]
        return maps, seen

    def _figures(self, footage: Footage, closer: bool) -> tuple[Seen, torch.Tensor]:
        """The figures in the sampled frames, kept while one take is judged: everybody is sought among the same ones."""
        import torch

        from studio.perception.crops import reduced

        maps, _ = self._look(footage, closer)
        kept = self._kept(footage)
        if ("figures", closer) not in kept:
            frames, model = footage.frames, self._loaded[0]
            halves = in_halves(lambda part: (part, *model.found(reduced(frames[part]), maps[part])), len(frames))
            figures = tuple(torch.cat(both) for both in zip(*(seen for _, seen, _ in halves), strict=True))
            kept["figures", closer] = figures, torch.cat([part.start + owner for part, _, owner in halves])
        seen, owner = kept["figures", closer]
        return seen, owner

    def _kept(self, footage: Footage) -> dict[tuple[str, bool], Any]:
        """What was made of the take being judged."""
        if self._looked is None or self._looked[0] is not footage:  # held: the id of one let go of may come back
            self._looked = (footage, {})
        return self._looked[1]

    def _who(self, footage: Footage, sheets: list[np.ndarray], closer: bool = False) -> np.ndarray:
        """One logit a sampled frame for a character's three sheets."""
        import torch

        from studio.perception.crops import sheet_crops

        with one_thread(), torch.no_grad():
            found = self._figures(footage, closer)
            told = hashlib.blake2b(b"".join(sheet.tobytes() for sheet in sheets)).digest()
            if told not in self._known:
                if len(self._known) == CAST:
                    self._known.clear()
                self._known[told] = self._loaded[0].sheets(torch.from_numpy(sheet_crops(sheets)[None]))
            logits = self._loaded[0].same_character(self._known[told], *found)
        each: np.ndarray = logits[0].numpy()
        return each

    def _where(self, footage: Footage, by_day: list[Any], lit: list[Any]) -> np.ndarray:
        """One logit a sampled frame for a place's two pictures, and the same two in the take's own light, if any."""
        import torch

        from studio.perception.studio_clip import pixels

        model, _ = self._loaded
        with one_thread(), torch.no_grad():
            maps, _ = self._look(footage)
            told = [model.references(pixels(_small(by_day, PLACE)))]
            if lit:  # they look like the take, and are looked at as such
                told.append(model.look(pixels(_small(lit, PLACE)))[0])
            logits = model.same_location(torch.stack(told), maps).mean(0)
        found: np.ndarray = logits.numpy()
        return found

    def _likely(self, what: str, footage: Footage, logits: np.ndarray) -> Likely:
        lines = self._loaded[1][what]
        brief = footage.brief
        value = probability(lines, brief.direction.shot_size, float(logits.mean()), brief.weather)
        return Likely(value, int(logits.argmin()) + 1)


def _small(images: Any, size: tuple[int, int]) -> np.ndarray:
    return np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])
