"""Light: hour, weather, genre and the direction's lighting slot as key, ambient, haze and grade."""

from __future__ import annotations

import numpy as np

from studio.previz.canvas import Colour, mix
from studio.previz.figure import Shade
from studio.previz.stageset import KeyLight, Light

_HOURS: dict[str, tuple[Colour, Colour, Colour, float, float]] = {
    "dawn": ((1.0, 0.86, 0.78), (0.55, 0.5, 0.66), (0.95, 0.78, 0.72), 0.18, -1.6),
    "morning": ((1.0, 0.97, 0.9), (0.75, 0.82, 0.92), (0.84, 0.9, 0.95), 0.04, -0.9),
    "noon": ((1.0, 1.0, 0.97), (0.8, 0.86, 0.92), (0.82, 0.9, 0.96), 0.0, 0.25),
    "afternoon": ((1.0, 0.95, 0.84), (0.78, 0.8, 0.84), (0.9, 0.88, 0.82), 0.04, 0.9),
    "dusk": ((1.0, 0.74, 0.55), (0.42, 0.34, 0.52), (0.9, 0.6, 0.5), 0.3, 1.8),
    "night": ((0.72, 0.78, 0.98), (0.16, 0.2, 0.4), (0.24, 0.3, 0.5), 0.26, -0.8),
}
"""Hour -> key, ambient, haze, how much papers turn to ambient, shadow length."""
AGAINST = 26.0
"""Metres at which the air against the light has taken half of a paper: figures stand out dark from what is behind."""
_SKIES: dict[str, tuple[str, str]] = {
    "dawn": ("#6f86b8", "#f6c9a8"), "morning": ("#7fb4dc", "#dcebf0"), "noon": ("#5fa6dc", "#cfe6f2"),
    "afternoon": ("#78aed2", "#f0e3c6"), "dusk": ("#3d3f7c", "#f0975f"), "night": ("#0c1434", "#2c3c70"),
}  # fmt: skip


def _hex(text: str) -> Colour:
    return (int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255)


def hour_sky(genre: str, time: str, weather: str) -> tuple[Colour, Colour, Colour | None, tuple[float, float], bool]:
    """(top, low, sun or moon, its place in degrees, stars?) of the sky."""
    top, low = (_hex(c) for c in _SKIES[time])
    grey = {"cloudy": 0.5, "rain": 0.65, "storm": 0.75, "fog": 0.7, "snow": 0.5}.get(weather, 0.0)
    dull = (0.62, 0.65, 0.7) if time != "night" else (0.16, 0.18, 0.26)
    top, low = mix(top, mix(dull, (0, 0, 0), 0.25 if weather == "storm" else 0.0), grey), mix(low, dull, grey)
    if genre == "noir":
        top, low = mix(top, (0.03, 0.03, 0.04), 0.85), mix(low, (0.36, 0.37, 0.4), 0.8)
    disc: Colour | None = (1.0, 0.95, 0.82) if time != "night" else (0.94, 0.95, 0.9)
    if time == "dusk":
        disc = (1.0, 0.62, 0.36)
    heights = {"dawn": 4.0, "morning": 15.0, "noon": 30.0, "afternoon": 17.0, "dusk": 3.5, "night": 18.0}
    if grey:
        disc = None
    return (
        top,
        low,
        disc,
        (14.0 if time in ("afternoon", "dusk", "night") else -15.0, heights[time]),
        time == "night" and not grey,
    )


def light_for(
    genre: str, time: str, weather: str, lighting: str, indoors: bool, medium: str, seed: int, seconds: float
) -> Light:
    """The Light of a shot."""
    key, ambient, haze, amount, shadow = _HOURS[time]
    exposure, contrast, saturation, vignette = 1.0, 1.0, 1.0, 0.22
    if indoors:
        amount *= 0.55
        key = mix(key, (1.0, 0.88, 0.7), 0.45 if time in ("night", "dusk") else 0.1)
    if genre == "noir":
        contrast, saturation, vignette, amount = 1.2, 0.06, 0.45, 0.1
        key, ambient = (1.12, 1.12, 1.16), (0.03, 0.03, 0.05)
    if genre == "horror":
        contrast, saturation, vignette = 1.15, 0.7, 0.42
    if genre == "fairy-tale":
        saturation = 1.15
    if genre == "documentary":
        saturation, vignette = 0.85, 0.12
    if lighting == "high-key":
        exposure, contrast, amount = 1.12, 0.92, amount * 0.5
    elif lighting == "low-key":
        exposure, contrast, vignette, amount = 0.82, 1.2, 0.48, amount + 0.1
    elif lighting == "golden":
        key, haze = mix(key, (1.0, 0.8, 0.5), 0.6), mix(haze, (0.98, 0.75, 0.48), 0.5)
        saturation = saturation if genre == "noir" else 1.1  # gold is a colour: noir has none, in no light
    elif lighting == "silhouette":
        amount, ambient, exposure = 0.85, mix(ambient, (0.04, 0.04, 0.1), 0.85), 1.05
        haze = mix(haze, (1.0, 0.97, 0.92), 0.12 if time == "night" else 0.3)  # light stands in the air behind
    elif lighting == "practical":
        key, vignette = mix(key, (1.0, 0.82, 0.52), 0.5), 0.42
    distance = {"fog": 9.0, "rain": 60.0, "snow": 45.0, "storm": 55.0}.get(weather, 150.0)
    if lighting == "silhouette":
        distance = min(distance, AGAINST)
    if medium == "water":
        haze, distance, ambient, amount = (0.2, 0.5, 0.62), 22.0, (0.1, 0.35, 0.5), max(amount, 0.22)
    if medium == "space" or indoors:
        distance = 1e5
    flashes = _lightning(seed, seconds) if weather == "storm" and not indoors else ()
    rim = (0.75, 0.85, 1.0) if time in ("night", "dusk") else None
    return Light(
        shade=Shade(key, ambient, min(0.9, amount), -0.5 if shadow > 0 else 0.5, rim), haze=haze, haze_distance=distance,
        behind=0.35 if lighting == "silhouette" else 0.75,
        shadow_length=shadow, exposure=exposure, contrast=contrast, saturation=saturation, vignette=vignette,
        flashes=flashes, black=0.06 if genre == "noir" else 0.0,
        hard=_hard(time, indoors, shadow) if genre == "noir" and medium == "land" else None,
        wet=0.5 if genre == "noir" and medium == "land" and not indoors and weather != "snow" else 0.0,
    )  # fmt: skip


def _hard(time: str, indoors: bool, shadow: float) -> KeyLight:
    """Noir's one light: through a blind indoors, under a street lamp outdoors; by day more of the rest is seen."""
    rest = 0.42 if time in ("night", "dusk", "dawn") else 0.62
    return KeyLight(
        reach=2.3 if indoors else 3.6,
        rest=rest,
        strength=1.4 if indoors else 1.25,
        side=1.0 if shadow <= 0 else -1.0,
        blinds=indoors,
    )


def _lightning(seed: int, seconds: float) -> tuple[float, ...]:
    """Two planned flashes, in seconds from the shot's start."""
    rng = np.random.default_rng(seed % 2**32)
    return tuple(sorted(rng.uniform(0.4, max(0.5, seconds - 0.3), 2).tolist()))
