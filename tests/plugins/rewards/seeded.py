"""A test reward term: decided by the take's seed alone."""

from studio.rewards.base import Footage, Judgement, RewardTerm


class Term(RewardTerm):
    version = "seeded-1"

    def score(self, footage: Footage) -> Judgement:
        value = footage.brief.seed % 1000 / 1000
        notes = [] if value >= 0.5 else [f"exposure: seed says {value:.2f} < 0.50"]
        return Judgement(value, notes, {"seeded": value})
