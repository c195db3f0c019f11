"""Character consistency: the probability that the frames show the characters of the reference sheets."""

from __future__ import annotations

from studio.rewards.base import NOBODY, Footage, Judgement, RewardTerm


class Term(RewardTerm):
    """Not applicable without characters, or without a trained image encoder (which the report then warns of)."""

    version = "2"

    def score(self, footage: Footage) -> Judgement:
        if footage.game:
            return Judgement(None, unasked={"character_consistency": NOBODY})
        encoder = footage.encoder
        if encoder is None or not footage.brief.characters:
            return Judgement(None)
        return encoder.same_characters(footage)
