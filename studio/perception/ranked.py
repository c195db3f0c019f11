"""Encoders that only embed: who somebody is, is judged by ranking the best-matching crop against the story bible."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from functools import cached_property
from pathlib import Path

import numpy as np

from studio.perception import candidates, ranking
from studio.perception.backbone import Backbone, embedded
from studio.perception.encoders import WEIGHTS
from studio.perception.encoders.base import ImageEncoder, Likely
from studio.perception.questions import QUESTIONS
from studio.perception.ranking import Pictures, Ranking
from studio.repeatable import one_thread
from studio.rewards.base import Footage

STILL = "a film still, {}"
"""What a text tower is told of a picture, with the answer's phrase."""


class Ranked(ImageEncoder):
    """Made complete by a backbone."""

    gallery = True
    version = "ranked-1"

    @abstractmethod
    def load(self) -> Backbone:
        """The network with its weights; raises BadInput where they do not fit it."""

    def fingerprint(self, memo: Path) -> str:
        """Method and sha256 of the weights, with the finder's."""
        finder = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() if WEIGHTS.is_file() else "pyramid"
        return f"{super().fingerprint(memo)} {finder}"

    @cached_property
    def backbone(self) -> Backbone:
        return self.load()

    def who(self, footage: Footage, character: str) -> Likely | None:
        people = self.rankings(footage)[0]
        if people is None or character not in people.names:
            return None
        return _likely(people, self.figure_scores(footage), character)

    def where(self, footage: Footage) -> Likely | None:
        places = self.rankings(footage)[1]
        if places is None or footage.brief.location.id not in places.names:
            return None
        return _likely(places, self.place_scores(footage), footage.brief.location.id)

    def answer(self, footage: Footage, question: str) -> dict[str, float] | None:
        with one_thread():
            said = self.backbone.read([STILL.format(phrase) for phrase in QUESTIONS[question].values()])
        if said is None:
            return None
        whole = np.stack([candidates.squeezed(frame, self.backbone.side) for frame in footage.frames])
        logits = self.backbone.warmth * (embedded(self.backbone, whole) @ said.T).mean(0).astype(np.float64)
        shares = np.exp(logits - logits.max())
        return dict(zip(QUESTIONS[question], (float(v) for v in shares / shares.sum()), strict=True))

    def figure_scores(self, footage: Footage) -> np.ndarray:
        """``(frames, characters)``: by how much each character of the gallery outranks the others in a frame."""
        people = self.rankings(footage)[0]
        assert people is not None
        kept = self._kept(footage)
        if "figures" not in kept:
            finder = WEIGHTS if WEIGHTS.is_file() else None
            frames = candidates.figures(footage.frames, self.backbone.side, finder)
            kept["figures"] = np.stack([ranking.figure_scores(people.gallery, self.backbone, each) for each in frames])
        return kept["figures"]

    def place_scores(self, footage: Footage) -> np.ndarray:
        """``(frames, places)``: by how much each place of the gallery outranks the others in a frame."""
        places = self.rankings(footage)[1]
        assert places is not None
        kept = self._kept(footage)
        if "places" not in kept:
            scores = []
            for frame in footage.frames:
                crops, framing = candidates.parts(frame, self.backbone.side)
                scores.append(ranking.place_scores(places.gallery, embedded(self.backbone, crops), framing))
            kept["places"] = np.stack(scores)
        return kept["places"]

    def _kept(self, footage: Footage) -> dict[str, np.ndarray]:
        """Scores of the take being judged; each character of a shot asks for the same ones."""
        last = self.__dict__.get("_last")
        if last is None or last[0] is not footage:  # held, not its id: that of a take let go of may come back
            last = self.__dict__["_last"] = (footage, {})
        kept: dict[str, np.ndarray] = last[1]
        return kept

    def rankings(self, footage: Footage) -> tuple[Ranking | None, Ranking | None]:
        """Of the characters and of the places in the bible's pictures; made once a bible."""
        pictures = footage.gallery or footage.references
        key = hashlib.sha256()
        for label, picture in sorted(pictures.items()):
            key.update(label.encode() + picture.tobytes())
        made: dict[str, tuple[Ranking | None, Ranking | None]] = self.__dict__.setdefault("_made", {})
        if key.digest().hex() not in made:
            people, places = _grouped(pictures, "characters"), _grouped(pictures, "locations")
            made.clear()
            made[key.digest().hex()] = (
                ranking.of_people(self.backbone, people, places), ranking.of_places(self.backbone, places)
            )  # fmt: skip
        return made[key.digest().hex()]


def _grouped(pictures: dict[str, np.ndarray], family: str) -> Pictures:
    grouped: Pictures = {}
    for label, picture in sorted(pictures.items()):
        group, name, view = label.split("/")
        if group == family:
            grouped.setdefault(name, {})[view] = picture
    return grouped


def _likely(found: Ranking, scores: np.ndarray, name: str) -> Likely:
    mine = scores[:, found.names.index(name)]
    return Likely(found.reliability.probability(float(mine.mean())), int(mine.argmin()) + 1)
