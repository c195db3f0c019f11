"""Location consistency: the probability that the frames show the place of the reference images."""

from __future__ import annotations

from studio.rewards.base import NOWHERE, Footage, Judgement, RewardTerm


class Term(RewardTerm):
    """Not applicable in an extreme close-up, or without a trained image encoder (which the report then warns of)."""

    version = "2"

    def score(self, footage: Footage) -> Judgement:
        if footage.game:
            return Judgement(None, unasked={"location_consistency": NOWHERE})
        encoder = footage.encoder
        if encoder is None or footage.brief.direction.shot_size == "extreme-close":
            return Judgement(None)
        return encoder.same_place(footage)
