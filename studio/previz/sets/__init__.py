"""Sets: from a location and the light of a scene to paper layers in a world of metres."""

from studio.previz.sets.build import build_set

__all__ = ["build_set"]
