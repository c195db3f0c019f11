"""The gallery: references of everybody in the story bible, against whom whoever is in a picture is ranked.

A cosine of two pictures says as much about light and style as about who is seen, and how high it must be differs from
film to film. Which of the known ones a picture is most like differs far less: so people are identified in photographs
(open-set identification against a gallery, Phillips, Grother & Micheals 2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.perception.backbone import normalised

SHARPNESS = 16.0
"""How much the nearest of the others outweighs the rest in the soft maximum over them."""


@dataclass(frozen=True)
class Gallery:
    """Embeddings of references, with who each shows, how it frames them, and from which picture it was cut."""

    embeddings: np.ndarray
    """``(r, d)`` of length one."""
    who: np.ndarray
    """``(r,)`` number of the identity, from 0 without gaps."""
    framing: np.ndarray
    """``(r,)``: two embeddings are compared where this is equal."""
    picture: np.ndarray
    """``(r,)`` number of the reference picture."""

    @property
    def identities(self) -> int:
        return int(self.who.max()) + 1

    def without(self, picture: int) -> Gallery:
        """The gallery less what was cut from one picture."""
        keep = self.picture != picture
        return Gallery(self.embeddings[keep], self.who[keep], self.framing[keep], self.picture[keep])

    def likeness(self, seen: np.ndarray, framing: np.ndarray) -> np.ndarray:
        """``(n, identities)``: the cosine of each embedding ``seen (n, d)`` with each identity's most alike reference
        of the same framing; NaN where an identity has none.

        Where there are several identities, the cosine is that of what differs from the gallery's mean: what all
        references share (paper, style, a network's favourite direction) tells nobody apart.
        """
        mean = self.embeddings.mean(0) if self.identities > 1 else 0.0
        cosines = normalised(seen - mean) @ normalised(self.embeddings - mean).T
        cosines = np.where(framing[:, None] == self.framing[None], cosines, -np.inf)
        best = np.stack([cosines[:, self.who == n].max(1, initial=-np.inf) for n in range(self.identities)], 1)
        return np.where(np.isfinite(best), best, np.nan)


def margins(likeness: np.ndarray) -> np.ndarray:
    """``(n, identities)`` -> by how much each identity outranks the others: its value less a soft maximum of theirs.

    With a single identity there is nobody to rank against: its value itself.
    """
    count = likeness.shape[1]
    if count < 2:
        return likeness
    out = np.empty_like(likeness)
    for n in range(count):
        rest = np.delete(likeness, n, 1) * SHARPNESS
        top = rest.max(1)
        out[:, n] = likeness[:, n] - (top + np.log(np.exp(rest - top[:, None]).mean(1))) / SHARPNESS
    return out
