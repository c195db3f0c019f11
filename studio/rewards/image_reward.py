"""ImageReward (Xu et al. 2023): how much people would prefer the frames as pictures of the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.rewards._preference import Preference, Scale, Scorer
from studio.tool import Needs
from studio.weights import Weight, hash_of

CHECKPOINTS = ("ImageReward.pt", "ImageReward.safetensors", "ImageReward.converted.safetensors")
VOCABULARY = "google-bert/bert-base-uncased"


class Options(Scale):
    """Scores are already in deviations from the mean of the training prompts, so that they need no other scale."""

    model: str = "zai-org/ImageReward"
    vocabulary: str = VOCABULARY
    """Folder or repository with BERT's ``vocab.txt``; not needed where one lies beside the checkpoint."""
    middle: float = 0.0
    spread: float = Field(1.0, gt=0)


class Term(Preference):
    """The share of ImageReward's training pictures that would score lower, mean over the sampled frames."""

    version = "1"
    Options: Any = Options
    licence = Licence(weights=Part("Apache-2.0"), components={"BLIP": Part("BSD-3-Clause")})

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        model = Weight("model", self.options.model, gib=1.7)
        return Needs((model, Weight("vocabulary", self.options.vocabulary, required=False)), vram_gib=2.0)

    def checkpoint(self) -> Path:
        """The published pickle, or a conversion of it; raises BadInput that says what to put where."""
        where = self.weights["model"]
        if where.is_file():
            return where
        for name in CHECKPOINTS:
            if (where / name).is_file():
                return where / name
        raise BadInput(
            f"{where} holds no {CHECKPOINTS[0]}; `hf download {self.options.model} {CHECKPOINTS[0]}` gets it"
        )

    def vocabulary(self) -> Path:
        """BERT's list of words; raises BadInput that says what to put where."""
        beside = self.checkpoint().with_name("vocab.txt")
        places = [beside] + ([self.weights["vocabulary"]] if "vocabulary" in self.weights else [])
        for place in places:
            file = place / "vocab.txt" if place.is_dir() else place
            if file.is_file():
                return file
        raise BadInput(f"image_reward needs the vocabulary of bert-base-uncased: put its vocab.txt at {beside}")

    def check(self) -> None:
        self.vocabulary()

    def fingerprint(self, memo: Path) -> str:
        """Of the checkpoint and the vocabulary alone: the conversion beside them changes no score."""
        return hash_of({"model": self.checkpoint(), "vocabulary": self.vocabulary()}, memo)

    def load(self) -> Scorer:
        from studio.rewards._blip import ImageReward

        return ImageReward(self.checkpoint(), self.vocabulary())
