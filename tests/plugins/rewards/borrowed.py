"""A test reward term whose weights may not be used for money."""

from studio.rewards.base import Footage, Judgement, RewardTerm


class Term(RewardTerm):
    version = "borrowed-1"
    licence = "CC-BY-NC-4.0"

    def score(self, footage: Footage) -> Judgement:
        return Judgement(0.9)
