"""Who is in the picture? Ranking against the gallery beside the plain cosine, on story bibles that previz draws.

python benchmarks/identity.py [--bibles 12] [--encoder studio-clip-embedding] [--encoder dinov2:FOLDER] …

Each bible has six characters, some of whom are look-alikes of another, and three takes of each of them, alone or beside
somebody. For every take and every character the question is whether they are in it (AUC), and for takes of one, who it
is (top-1). The columns:
  frame cosine   the whole frame against the mean of the references: one global cosine
  crop cosine    the best-matching crop against its most alike reference, framed alike
  ranking        the margin of the best-matching crop over the other characters: what the encoders do
and, of the probabilities that are made of the margins, how many right and wrong pairs pass the bar of 0.65.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from encoder_lab import Bible

from studio.perception import candidates
from studio.perception.backbone import embedded, normalised
from studio.perception.calibration import BAR
from studio.perception.candidates import UPPER, WHOLE
from studio.perception.encoders import WEIGHTS, encoder
from studio.perception.gallery import Gallery
from studio.perception.ranked import Ranked
from studio.rewards.base import Footage

SIZES = ("wide", "full", "medium", "medium-close", "close")
WAYS = ("frame cosine", "crop cosine", "ranking")


@dataclass
class Found:
    """Scores of right and of wrong pairs, and whether the one in a take was ranked first."""

    right: list[float] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)
    first: list[bool] = field(default_factory=list)

    def add(self, scores: np.ndarray, shown: list[int]) -> None:
        for n, score in enumerate(scores):
            (self.right if n in shown else self.wrong).append(float(score))
        if len(shown) == 1:
            self.first.append(int(scores.argmax()) == shown[0])

    @property
    def auc(self) -> float:
        """Area under the ROC curve: how often a right pair scores above a wrong one, ties half."""
        right, wrong = np.array(self.right)[:, None], np.array(self.wrong)[None]
        return float((right > wrong).mean() + 0.5 * (right == wrong).mean())

    @property
    def top1(self) -> float:
        return float(np.mean(self.first))


def takes_of(bible: Bible, each: int) -> list[tuple[list[int], Footage]]:
    """``each`` takes of every character with who is in them; nearly a third beside another, in a wide or full shot."""
    rng, count, found = bible.rng, len(bible.people), []
    for who in range(count):
        for _ in range(each):
            beside = int(rng.choice([n for n in range(count) if n != who])) if rng.uniform() < 0.3 else None
            size = str(rng.choice(SIZES[:2] if beside is not None else SIZES))
            found.append(([who] + ([beside] if beside is not None else []), bible.take(who, beside, size=size)))
    return found


def plain(eye: Ranked, gallery: Gallery, footage: Footage) -> tuple[np.ndarray, np.ndarray]:
    """``(characters,)`` twice: cosines of the whole frames with the mean references, and of the best crops."""
    backbone, count = eye.backbone, gallery.identities
    whole = np.stack([candidates.squeezed(frame, backbone.side) for frame in footage.frames])
    means = normalised(np.stack([gallery.embeddings[gallery.who == n].mean(0) for n in range(count)]))
    frames = (embedded(backbone, whole) @ means.T).mean(0)
    crops = []
    for figures in candidates.figures(footage.frames, backbone.side, WEIGHTS if WEIGHTS.is_file() else None):
        seen = embedded(backbone, figures.reshape(-1, *figures.shape[2:]))
        cosines = seen @ gallery.embeddings.T
        framing = np.tile([UPPER, WHOLE], len(figures))
        cosines[framing[:, None] != gallery.framing[None]] = -1
        best = np.stack([cosines[:, gallery.who == n].max(1) for n in range(count)], 1)
        crops.append(best.reshape(len(figures), 2, count).mean(1).max(0))
    return frames, np.mean(crops, 0)


def measure(eye: Ranked, bibles: range, people: int = 6, each: int = 3) -> dict[str, Found]:
    """The three ways, and the ranking's probabilities, on these bibles."""
    found = {way: Found() for way in (*WAYS, "probability")}
    for seed in bibles:
        bible = Bible(seed, people)
        for shown, footage in takes_of(bible, each):
            ranked = eye.rankings(footage)[0]
            assert ranked is not None
            numbers = [ranked.names.index(bible.people[n].id) for n in shown]
            scores = eye.figure_scores(footage).mean(0)
            probabilities = np.array([ranked.reliability.probability(float(score)) for score in scores])
            for way, values in zip(found, (*plain(eye, ranked.gallery, footage), scores, probabilities), strict=True):
                found[way].add(values, numbers)
    return found


def main() -> None:
    from rich.console import Console
    from rich.table import Table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bibles", type=int, default=12)
    parser.add_argument("--encoder", action="append", default=[], help="as [consistency] encoder names it")
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    asked = parser.parse_args()
    columns = [f"{way}\n{what}" for way in WAYS for what in ("AUC", "top-1")]
    table = Table("encoder", *columns, "right\npass", "wrong\npass", "s")
    for named in asked.encoder or ["studio-clip-embedding"]:
        eye = encoder(named, asked.weights)
        if not isinstance(eye, Ranked) or not eye.here:
            sys.exit(f"{named} does not rank, or its weights are not here")
        start = time.monotonic()
        found = measure(eye, range(asked.bibles))
        passed = [np.mean(np.array(side) >= BAR) for side in (found["probability"].right, found["probability"].wrong)]
        figures = [f"{value:.3f}" for way in WAYS for value in (found[way].auc, found[way].top1)]
        table.add_row(named, *figures, *(f"{share:.2f}" for share in passed), f"{time.monotonic() - start:.0f}")
        pairs = f"{len(found['ranking'].right)} right pairs, {len(found['ranking'].wrong)} wrong, {len(found['ranking'].first)} takes of one"
    Console(width=150).print(table, pairs)


if __name__ == "__main__":
    main()
