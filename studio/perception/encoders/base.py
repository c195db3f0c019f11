"""What an image encoder is: it looks at a take and says who and what place it shows, as calibrated probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from studio.perception.calibration import BAR
from studio.perception.framing import FACES, LEAD_ONLY, PLACES, tellable
from studio.rewards.base import Footage, Judgement
from studio.tool import Tool
from studio.weights import hash_of

TINY = "too small beside the others in a shot of this size to be told from a look-alike"


@dataclass(frozen=True)
class Likely:
    """How probable it is, 0…1, and the number (from 1) of the sampled frame that speaks most against it."""

    probability: float
    worst: int


class ImageEncoder(Tool, ABC):
    """Subclass as ``Encoder`` in ``studio/perception/encoders/<name>.py``; ``[consistency] encoder`` names it as
    ``name`` or ``name:model`` (``-`` and ``_`` are the same)."""

    usage: str = ""
    """How it is named in settings, then, after a semicolon, what the model may be."""
    reads: bool = True
    """Whether it has a text tower and so can answer questions about a picture."""
    gallery: bool = False
    """Whether its verdicts depend on everybody in the story bible (``Footage.gallery``), and not on the shot alone."""

    @property
    def here(self) -> bool:
        """Whether all its weights are on this machine."""
        return all(weight.role in self.weights for weight in self.needs.weights)

    def fingerprint(self, memo: Path) -> str:
        """What names the weights and the method in the slate; ``memo`` as in ``weights.hash_of``."""
        return " ".join(filter(None, (self.version, hash_of(self.weights, memo))))

    def check(self) -> None:
        """Raises BadInput where the weights that are here cannot be used; looks at files and loads nothing."""

    @abstractmethod
    def who(self, footage: Footage, character: str) -> Likely | None:
        """Whether the frames show this character of the brief; None without references of them."""

    @abstractmethod
    def where(self, footage: Footage) -> Likely | None:
        """Whether the frames show the brief's place; None without references of it."""

    @abstractmethod
    def answer(self, footage: Footage, question: str) -> dict[str, float] | None:
        """The answers to one of ``QUESTIONS`` with their probabilities; None where the encoder does not read."""

    def same_characters(self, footage: Footage) -> Judgement:
        """Whether the frames show the characters of the reference sheets; None where nobody can be told."""
        brief = footage.brief
        size = brief.direction.shot_size
        people = brief.characters[: 1 if size in LEAD_ONLY else 3]
        if not people or size not in FACES or brief.direction.lighting == "silhouette":
            return Judgement(None)
        checks: dict[str, float] = {}
        notes, unasked = [], {}
        for character in people:
            if not tellable(character, brief.characters, size):
                unasked[f"character {character.id}"] = TINY
                continue
            likely = self.who(footage, character.id)
            if likely is None:
                continue
            value = checks[f"character {character.id}"] = likely.probability
            if value < BAR:
                notes.append(
                    f"character: {character.name} looks unlike the reference "
                    f"({value:.2f} < {BAR}, worst in sampled frame {likely.worst})"
                )
        if not checks:
            return Judgement(None, unasked=unasked)
        values = list(checks.values())
        # The lead must be right; those beside them count together.
        return Judgement(min(values[0], sum(values) / len(values)), notes, checks, unasked)

    def same_place(self, footage: Footage) -> Judgement:
        """Whether the frames show the place of the reference images; None in close framings and against the light."""
        place, direction = footage.brief.location, footage.brief.direction
        likely = self.where(footage) if direction.shot_size in PLACES and direction.lighting != "silhouette" else None
        if likely is None:
            return Judgement(None)
        value = likely.probability
        low = f"place: it does not look like {place.name} ({value:.2f} < {BAR}, all sampled frames)"
        return Judgement(value, [low] if value < BAR else [], {f"place {place.id}": value})
