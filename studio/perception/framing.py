"""Which shot sizes show enough to know a person or a place."""

FACES = ("wide", "full", "medium", "medium-close", "close", "extreme-close")
"""Shot sizes in which somebody can be told from a look-alike."""
PLACES = ("extreme-wide", "wide", "full", "medium")
"""Shot sizes that show enough of a place to know it."""
SMALL = ("wide",)
"""Shot sizes in which somebody may be too small to be found at first glance; in closer ones a second one finds no more.
"""
LEAD_ONLY = ("medium", "medium-close", "close", "extreme-close")
"""Shot sizes that frame one figure; others may be cut off by the frame's edge."""
