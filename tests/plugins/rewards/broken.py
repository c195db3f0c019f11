"""A test reward term with a fault of the kind that nobody foresees."""

from studio.rewards.base import Footage, Judgement, RewardTerm


class Term(RewardTerm):
    version = "broken-1"

    def score(self, footage: Footage) -> Judgement:
        raise TypeError("broken on purpose")
