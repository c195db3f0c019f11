"""A ranking: the gallery of a story bible's characters, or of its places, with what a score in it is worth.

By how much somebody outranks the others is first measured on the references themselves, each shown as a film would show
it (``rehearsal``) to the gallery without it; a line through those scores makes probabilities (``reliability``).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np

from studio.perception import candidates
from studio.perception.backbone import Backbone, embedded
from studio.perception.candidates import PART, UPPER, WHOLE, WIDE
from studio.perception.gallery import Gallery, margins
from studio.perception.rehearsal import rehearsed, strangers
from studio.perception.reliability import Reliability, fitted

REHEARSALS = 4
"""How often each reference is shown to learn what a score is worth."""

Pictures = dict[str, dict[str, np.ndarray]]
"""Identity -> view -> RGB uint8 picture."""


@dataclass(frozen=True)
class Ranking:
    """A gallery, whose identities are named in order; strangers have no name and come last."""

    names: list[str]
    gallery: Gallery
    reliability: Reliability


def of_people(backbone: Backbone, people: Pictures, places: Pictures) -> Ranking | None:
    """The ranking of a bible's characters; ``places`` are what they are rehearsed before. None where there is nobody,
    or one alone whose pictures are grey: then nobody can be made up to rank against."""
    cast = _with_strangers(people)
    if cast is None:
        return None
    sheets = [
        (who, *candidates.sheet(view, picture, backbone.side))
        for who, views in enumerate(cast)
        for view, picture in sorted(views.items())
    ]
    crops = np.stack([crop for _, crop, _ in sheets])
    who, framing = np.array([n for n, _, _ in sheets]), np.array([f for _, _, f in sheets])
    # Mirrored too: sheets look to one side, and figures in films to both.
    both = embedded(backbone, np.concatenate([crops, crops[:, :, ::-1]]))
    gallery = Gallery(both, np.tile(who, 2), np.tile(framing, 2), np.tile(np.arange(len(sheets)), 2))
    sets = [picture for views in places.values() for picture in views.values()]
    right, wrong = [], []
    rng = np.random.default_rng(0)
    for row in [n for n in range(len(sheets)) if who[n] < len(people)]:
        alone = framing[(who == who[row])].tolist().count(framing[row]) == 1
        if alone and len(cast[who[row]]) > 1:
            continue  # nothing like it is left without it, and its companions are rehearsed
        companion = np.flatnonzero((who == who[row]) & (framing != framing[row]))[:1]
        rows = [row, *companion]
        rest = gallery if alone else gallery.without(row)
        for _ in range(REHEARSALS):
            shown = rehearsed(crops[rows], sets, rng)
            likeness = rest.likeness(embedded(backbone, shown), framing[rows])
            scores = margins(np.nanmean(likeness, 0, keepdims=True))[0]
            right.append(scores[who[row]])
            wrong += np.delete(scores, who[row]).tolist()
    return Ranking(list(people), gallery, fitted(np.array(right), np.array(wrong)))


def figure_scores(gallery: Gallery, backbone: Backbone, figures: np.ndarray) -> np.ndarray:
    """``(identities,)``: by how much each outranks the others in that of a frame's ``figures (n, 2, s, s, 4)`` which is
    most like them. A framing counts by how much of it lies inside the frame."""
    flat = figures.reshape(-1, *figures.shape[2:])
    likeness = gallery.likeness(embedded(backbone, flat), np.tile([UPPER, WHOLE], len(figures)))
    seen = candidates.inside(flat)[:, None] * np.isfinite(likeness) + 1e-6
    both = np.nan_to_num(likeness) * seen
    pairs = both.reshape(len(figures), 2, -1).sum(1) / seen.reshape(len(figures), 2, -1).sum(1)
    best: np.ndarray = margins(pairs).max(0)
    return best


def of_places(backbone: Backbone, places: Pictures) -> Ranking | None:
    """The ranking of a bible's places; None as with people."""
    sets = _with_strangers(places)
    if sets is None:
        return None
    shown, who, framing, picture = [], [], [], []
    number = count()
    for n, views in enumerate(sets):
        for _, view in sorted(views.items()):
            crops, framings = candidates.parts(view, backbone.side)
            shown.append(crops)
            who += [n] * len(crops)
            framing += framings.tolist()
            picture += [next(number)] * len(crops)
    crops, owner = np.concatenate(shown), np.array(picture)
    gallery = Gallery(embedded(backbone, crops), np.array(who), np.array(framing), owner)
    right, wrong = [], []
    rng = np.random.default_rng(0)
    for n in range(next(number)):
        mine = int(gallery.who[owner == n][0])
        if mine >= len(places):
            continue
        rest = gallery.without(n) if len(sets[mine]) > 1 else gallery
        for _ in range(REHEARSALS):
            scores = place_scores(
                rest, embedded(backbone, rehearsed(crops[owner == n], [], rng)), gallery.framing[owner == n]
            )
            right.append(scores[mine])
            wrong += np.delete(scores, mine).tolist()
    return Ranking(list(places), gallery, fitted(np.array(right), np.array(wrong)))


def place_scores(gallery: Gallery, seen: np.ndarray, framing: np.ndarray) -> np.ndarray:
    """``(identities,)``: by how much each place outranks the others in one picture's ``parts``: the whole of it and its
    best window count alike."""
    likeness = gallery.likeness(seen, framing)
    both = np.stack([likeness[framing == WIDE].mean(0), likeness[framing == PART].max(0)])
    scores: np.ndarray = margins(both.mean(0, keepdims=True))[0]
    return scores


def _with_strangers(known: Pictures) -> list[dict[str, np.ndarray]] | None:
    """Everybody's pictures; where there is only one, strangers in other colours to rank against."""
    if len(known) != 1:
        return list(known.values()) or None
    views = next(iter(known.values()))
    made_up = strangers(views)
    return [views, *made_up] if made_up else None
