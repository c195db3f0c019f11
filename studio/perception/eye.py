"""The eye: studio-clip looking at a take. Every value is a calibrated probability."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from studio.perception.calibration import BAR, probability
from studio.perception.questions import QUESTIONS
from studio.perception.repeatable import one_thread
from studio.rewards.base import Footage, Judgement

if TYPE_CHECKING:
    import torch

    from studio.perception.studio_clip import StudioClip

FRAME, PLACE = (256, 144), (128, 72)
"""As in studio_clip, which is not imported before a take is judged."""
FACES = ("wide", "full", "medium", "medium-close", "close", "extreme-close")
"""Shot sizes in which somebody can be told from a look-alike."""
PLACES = ("extreme-wide", "wide", "full", "medium")
"""Shot sizes that show enough of a place to know it."""
LEAD_ONLY = ("medium", "medium-close", "close", "extreme-close")
"""Shot sizes that frame one figure; others may be cut off by the frame's edge."""


class Eye:
    """The encoder that the reward terms ask."""

    def __init__(self, weights: Path) -> None:
        self.weights = weights
        self._looked: tuple[Footage, Any] | None = None

    @cached_property
    def _loaded(self) -> tuple[StudioClip, dict[str, Any]]:
        from studio.perception.studio_clip import StudioClip

        return StudioClip.load(self.weights)

    def same_characters(self, footage: Footage) -> Judgement:
        """Whether the frames show the characters of the reference sheets; None where nobody can be told."""
        brief = footage.brief
        size = brief.direction.shot_size
        people = brief.characters[: 1 if size in LEAD_ONLY else 3]
        if not people or size not in FACES or brief.direction.lighting == "silhouette":
            return Judgement(None)
        checks: dict[str, float] = {}
        notes = []
        for character in people:
            views = ("front", "three_quarter", "full_body")
            sheets = [footage.references.get(f"characters/{character.id}/{view}") for view in views]
            if any(sheet is None for sheet in sheets):
                continue
            each = self._who(footage, [sheet for sheet in sheets if sheet is not None])
            value = self._probability("character", size, float(each.mean()))
            checks[f"character {character.id}"] = value
            if value < BAR:
                worst = int(each.argmin()) + 1
                notes.append(
                    f"character: {character.name} looks unlike the reference "
                    f"({value:.2f} < {BAR}, worst in sampled frame {worst})"
                )
        if not checks:
            return Judgement(None)
        values = list(checks.values())
        # The lead must be right; those beside them count together.
        return Judgement(min(values[0], sum(values) / len(values)), notes, checks)

    def same_place(self, footage: Footage) -> Judgement:
        """Whether the frames show the place of the reference images; None in close framings."""
        brief = footage.brief
        size = brief.direction.shot_size
        pictures = [footage.references.get(f"locations/{brief.location.id}/{view}") for view in ("wide", "detail")]
        if size not in PLACES or any(picture is None for picture in pictures):
            return Judgement(None)
        each = self._where(footage, pictures)
        value = self._probability("place", size, float(each.mean()))
        low = f"place: it does not look like {brief.location.name} ({value:.2f} < {BAR}, all sampled frames)"
        return Judgement(value, [low] if value < BAR else [], {f"place {brief.location.id}": value})

    def answer(self, footage: Footage, question: str) -> dict[str, float]:
        """The answers to one of ``QUESTIONS`` with their probabilities, from the mean over the sampled frames."""
        import torch

        model, _ = self._loaded
        with one_thread(), torch.no_grad():
            _, seen = self._look(footage)
            logits = model.clip.logit_scale.exp() * (seen @ model.answers[question].T).mean(0)
            shares = torch.softmax(logits, 0)
        return dict(zip(QUESTIONS[question], (float(v) for v in shares), strict=True))

    def _look(self, footage: Footage) -> tuple[torch.Tensor, torch.Tensor]:
        """Feature maps and embeddings of the sampled frames, kept while one take is judged."""
        import torch

        from studio.perception.studio_clip import pixels

        looked = self._looked
        if looked is None or looked[0] is not footage:  # held, not its id: that of a take let go of may come back
            with torch.no_grad():
                looked = self._looked = (footage, self._loaded[0].look(pixels(_small(footage.frames, FRAME))))
        maps, seen = looked[1]
        return maps, seen

    def _who(self, footage: Footage, sheets: list[np.ndarray]) -> np.ndarray:
        """One logit a sampled frame for a character's three sheets."""
        import torch

        from studio.perception.crops import reduced, sheet_crops

        with one_thread(), torch.no_grad():
            maps, _ = self._look(footage)
            logits = self._loaded[0].same_character(sheet_crops(sheets)[None], reduced(footage.frames), maps)
        found: np.ndarray = logits[0].numpy()
        return found

    def _where(self, footage: Footage, pictures: list[Any]) -> np.ndarray:
        """One logit a sampled frame for a place's two pictures."""
        import torch

        from studio.perception.studio_clip import pixels

        model, _ = self._loaded
        with one_thread(), torch.no_grad():
            maps, _ = self._look(footage)
            references, _ = model.look(pixels(_small(pictures, PLACE)))
            logits = model.same_location(references[None], maps)
        found: np.ndarray = logits[0].numpy()
        return found

    def _probability(self, what: str, size: str, logit: float) -> float:
        return probability(self._loaded[1][what], size, logit)


def _small(images: Any, size: tuple[int, int]) -> np.ndarray:
    return np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])
