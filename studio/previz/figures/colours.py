"""The paper drawer of the puppet workshop: colour names, skin and hair tones, and stable choices from a seed."""

from __future__ import annotations

import colorsys
import hashlib
import re

from studio.previz.canvas import Colour, hex_colour, mix

NAMES: dict[str, str] = {
    "black": "#2a2830", "white": "#f4f1e8", "grey": "#8c8f96", "gray": "#8c8f96", "silver": "#bcc5cc",
    "charcoal": "#44464f", "steel": "#a3b0ba", "slate": "#5d6b7a", "red": "#c8433a", "crimson": "#a92a3c",
    "scarlet": "#d33a2c", "maroon": "#742f3a", "burgundy": "#7a2d44", "rust": "#a9532d", "brick": "#a64b3c",
    "coral": "#ee7f66", "salmon": "#ef9580", "pink": "#ea9bb1", "rose": "#e08ea2", "magenta": "#c04484",
    "fuchsia": "#cf4a93", "purple": "#7a4d93", "violet": "#7659a6", "plum": "#6e4168", "lilac": "#b49ccb",
    "lavender": "#b3a6d9", "mauve": "#a987a5", "indigo": "#40447f", "navy": "#2b3a5e", "blue": "#3f72af",
    "denim": "#4f6f94", "cobalt": "#2f5fae", "royal": "#3955a8", "azure": "#4f9fd6", "sky": "#87bfe0",
    "cyan": "#4fb9c7", "turquoise": "#3fb8ad", "teal": "#2b7f81", "aqua": "#63c4c0", "mint": "#9fd6b8",
    "green": "#4f8f57", "emerald": "#2b8a62", "forest": "#33613f", "olive": "#77773f", "lime": "#9cc14b",
    "sage": "#94a888", "moss": "#66773f", "leaf": "#6a9d45", "jade": "#3f9577", "khaki": "#b0a070",
    "yellow": "#f0c541", "mustard": "#d3a23a", "gold": "#dca93b", "golden": "#dca93b", "ochre": "#c58b3b",
    "amber": "#e79f38", "orange": "#e2813a", "peach": "#f3b68c", "apricot": "#f0a870", "copper": "#b9704a",
    "bronze": "#a5773f", "brown": "#7b5237", "chestnut": "#74432b", "chocolate": "#563829", "tan": "#c39f6f",
    "beige": "#d9c7a3", "sand": "#d8bf8f", "cream": "#efe3c6", "ivory": "#f1ead7", "camel": "#bd935a",
    "straw": "#dcb968", "wheat": "#e0c88e", "midnight": "#25294d", "auburn": "#8a3f27", "ginger": "#c9682f",
    "blonde": "#ddb45f", "blond": "#ddb45f", "brunette": "#5a3c2b", "raven": "#26232c", "platinum": "#e9dfc3",
    "leather": "#7a4c2e", "rainbow": "#e2813a", "dark": "#35323c", "pale": "#e4dccb", "fiery": "#d2552c",
    "snow": "#f4f7fb", "ash": "#9b9a98", "wine": "#722f45", "lemon": "#f2d95c", "ruby": "#b0283f",
    "sapphire": "#2d55a5", "pearl": "#ece6dc", "smoky": "#6c6a72", "honey": "#d99b3f", "caramel": "#bb7a40",
}  # fmt: skip

SKINS = ("#f6d4bb", "#edbf9d", "#dfa67c", "#c98d62", "#ad7049", "#8d5637", "#6d402b", "#f0c8a4", "#b87c55")
HAIRS = ("#2b2429", "#4a3024", "#6d4428", "#8f5a2e", "#c08a45", "#a4502c", "#35303a", "#5b3a2c")
GREYS = ("#d9d6d0", "#bdbab6", "#efece4")
_SHADES = {"dark": -0.32, "deep": -0.25, "light": 0.35, "pale": 0.45, "bright": 0.08, "faded": 0.22, "soft": 0.2}


def share(seed: str) -> float:
    """A number in [0, 1) that belongs to ``seed`` for ever."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big") / 2**48


def pick(seed: str, choices: tuple[str, ...]) -> str:
    """One of ``choices``, always the same for ``seed``."""
    return choices[int(share(seed) * len(choices))]


def named(phrase: str) -> str | None:
    """The hex colour that a phrase names (``'deep forest-green coat'``), or None."""
    words = re.findall(r"#[0-9a-fA-F]{6}|[a-z]+", phrase.lower())
    if given := [w for w in words if w.startswith("#")]:
        return given[0]
    hues = [w for w in words if w in NAMES and w not in _SHADES]
    if not hues:
        return next((NAMES[w] for w in words if w in ("dark", "pale")), None)
    # 'forest green', 'sky blue', 'royal blue': the first word is the better colour.
    colour = hex_colour(NAMES[hues[0]])
    for word in words:
        if word in _SHADES:
            amount = _SHADES[word]
            colour = mix(colour, (0, 0, 0) if amount < 0 else (1, 1, 1), abs(amount))
    return to_hex(colour)


def to_hex(colour: Colour) -> str:
    """Colour -> ``#rrggbb``."""
    return "#" + "".join(f"{max(0, min(255, round(c * 255))):02x}" for c in colour[:3])


def fabric(seed: str, part: str) -> str:
    """A cloth colour that is the character's own: hue from the seed, kept within what painted paper looks like."""
    hue = share(f"{seed}/{part}")
    light = 0.40 + 0.16 * share(f"{seed}/{part}/light")
    strength = 0.27 + 0.22 * share(f"{seed}/{part}/strength")
    if part == "bottom":
        light, strength = light * 0.72, strength * 0.6
    return to_hex(colorsys.hls_to_rgb(hue, light, strength))
