"""Building a set: the catalogue's entry, the location's own look, and the light of the hour."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from studio.previz.canvas import Canvas, Colour, Gradient, hex_colour, mix
from studio.previz.sets import built, growing, landmarks, nature, rooms
from studio.previz.sets.dressing import dress
from studio.previz.sets.light import hour_sky, light_for
from studio.previz.sets.paper import Inks, dark, light
from studio.previz.sets.pieces import pieces
from studio.previz.stageset import SKY, Layer, Particles, StageSet
from studio.story.catalogue import entries
from studio.story.document import Location

_DEFAULT = {
    "sky": "#a9cfe3", "far": "#8aa0a8", "middle": "#86705c", "floor": "#9a8a6c", "wall": "#b59a7e", "accent": "#cf6a48",
}  # fmt: skip
_GENRE_TINT: dict[str, tuple[Colour, float]] = {
    "noir": ((0.34, 0.35, 0.38), 0.82),
    "horror": ((0.22, 0.33, 0.27), 0.4),
    "science-fiction": ((0.3, 0.48, 0.62), 0.3),
    "western": ((0.8, 0.55, 0.3), 0.28),
    "fairy-tale": ((0.96, 0.72, 0.55), 0.18),
    "history": ((0.72, 0.6, 0.42), 0.3),
    "romance": ((0.95, 0.68, 0.66), 0.2),
    "documentary": ((0.65, 0.65, 0.62), 0.22),
}
"""Genre -> the hue that its papers lean to, and how much."""
FLOOR_STRIPS = (300.0, 120.0, 50.0, 22.0, 10.0, 5.0, 2.4, 1.0, 0.0, -1.0, -2.2, -4.0)
"""Depths in metres of the strips of paper that make the floor."""
OWN_SKY = {"night": 0.6, "dawn": 0.25, "dusk": 0.25}
"""Hour -> how much a place's own sky turns to that of the hour."""
_WORD_COLOURS = {
    "red": "#b8352f", "blue": "#3c6fa5", "green": "#4c8a54", "yellow": "#e2bd45", "white": "#efece4", "black": "#2a2a2c",
    "golden": "#d8a43a", "brown": "#7a5638", "grey": "#8c8c8c", "gray": "#8c8c8c", "pink": "#e29aa6", "purple": "#6f4a86",
    "orange": "#dd8438", "wooden": "#9a6f45", "brick": "#a3543f", "stone": "#938d86", "crimson": "#9c2435",
}  # fmt: skip


def _seed(location: Location) -> int:
    return int.from_bytes(hashlib.sha256(f"{location.id}/{location.description}".encode()).digest()[:6])


def _inks(entry: dict[str, Any], location: Location, genre: str, night: bool) -> Inks:
    """The kind's colours, moved by the location's seed, its look and its genre."""
    rng = np.random.default_rng(_seed(location))
    colours = {**_DEFAULT, **entry.get("colours", {})}
    chosen: dict[str, Colour] = {}
    tint, share = _GENRE_TINT.get(genre, ((1, 1, 1), 0.0))
    for name, value in colours.items():
        colour = hex_colour(location.look[name] if _is_hex(location.look.get(name, "")) else value)
        if name not in location.look and name != "sky":
            shift = rng.uniform(-0.09, 0.09, 3)
            r, g, b = (float(np.clip(v + d, 0.03, 0.97)) for v, d in zip(colour[:3], shift, strict=True))
            colour = (r, g, b)
        chosen[name] = mix(colour, tint, share * (0.5 if name == "accent" else 1.0))
    spoken = re.findall(r"[a-z]+", location.description.lower())
    named = [_WORD_COLOURS[w] for w in spoken if w in _WORD_COLOURS]
    if named and "accent" not in location.look and genre != "noir":
        chosen["accent"] = mix(hex_colour(named[0]), chosen["accent"], 0.15)
    return Inks(**chosen, night=night)


def _is_hex(text: str) -> bool:
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def _part(name: str) -> Callable[..., Any]:
    homes: tuple[ModuleType, ...] = (nature, growing, built, landmarks, rooms)
    return next(getattr(home, name) for home in homes if hasattr(home, name))


def build_set(
    location: Location, genre: str, style: str, time_of_day: str, weather: str, lighting: str, beat: str, seed: int,
    seconds: float,
) -> StageSet:  # fmt: skip
    """Papers far to near. Layout depends on the location alone; light on hour, weather, genre and direction."""
    entry = entries("places").get(location.kind) or entries("places")["stage"]
    indoors, medium = bool(entry.get("indoors")), entry.get("medium", "land")
    night = time_of_day in ("night", "dusk", "dawn") or lighting == "practical" or genre == "noir"
    inks = _inks(entry, location, genre, night)
    lamp_light = light_for(genre, time_of_day, weather, lighting, indoors, medium, seed, seconds)
    rng = np.random.default_rng(_seed(location))
    shone = lamp_light.haze if lighting == "silhouette" and medium == "land" else None
    layers = [_sky(inks, entry, genre, time_of_day, weather, medium, shone)]
    for n, name in enumerate(entry.get("far", [])):
        layers.append(_layer(name, 160.0 / (1 + 1.6 * n), rng, inks))
    if indoors:
        layers.append(_wall(inks, location, genre))
    floor = [] if medium in ("space", "air") else _floor(inks, indoors, entry.get("water", []))
    middle = [
        _layer(name, 2.2 if indoors else 7.0 - 2.2 * n, rng, inks) for n, name in enumerate(entry.get("middle", []))
    ]
    near = [
        _layer(name, -1.9 - 0.5 * n, rng, _nearer(inks, lamp_light.shade.amount))
        for n, name in enumerate(entry.get("near", []))
    ]
    sunlit = lighting not in ("low-key", "practical", "silhouette") and "window" in entry.get("middle", [])
    dressing = dress(location.kind, _seed(location), inks, time_of_day, sunlit and weather in ("clear", "wind"))
    tint = _GENRE_TINT.get(genre, ((1.0, 1.0, 1.0), 0.0))
    named = pieces(location.look, medium, entry.get("waterline"), *tint)
    layers = sorted([*layers, *dressing.layers, *floor, *middle, *named, *near], key=lambda layer: -layer.z)
    air = {"rain": "rain", "storm": "rain", "snow": "snow", "fog": "fog", "wind": "leaves"}.get(weather)
    particles = (
        [Particles(air, 1.6 if weather == "storm" else 1.0)] if air and not indoors and medium != "space" else []
    )
    if not particles:
        drifting = {"space": "stars"} if entry.get("waterline") else {"water": "bubbles", "space": "stars"}
        particles = [Particles(drifting.get(medium, "dust"), 0.5)]
    wind = {"storm": 0.9, "wind": 0.7, "rain": 0.3, "snow": 0.2}.get(weather, 0.08)
    return StageSet(
        layers,
        lamp_light,
        vars(inks),
        dressing.lamps,
        particles,
        medium,
        indoors,
        entry.get("waterline"),
        0.0 if indoors else wind,
    )


def _nearer(inks: Inks, shade: float) -> Inks:
    """Near papers frame: darker than what they frame."""
    papers: dict[str, Any] = {k: v if k == "night" else dark(v, 0.25 + 0.3 * shade) for k, v in vars(inks).items()}
    return Inks(**papers)


ANIMATED = {
    "waves", "sea", "clouds", "cloudbank", "asteroids", "weed", "grass", "ferns", "reeds", "lighthouse", "screens",
    "flasks", "machine", "banners_out", "boat", "counter", "chimneys", "reef", "waterway", "curtain", "banners",
}  # fmt: skip


def _layer(name: str, z: float, rng: np.random.Generator, inks: Inks) -> Layer:
    paint = _part(name)(rng, inks, z)
    wide = 60 + 3 * max(z, 0)
    return Layer(name, z, (-wide, -20, wide, 20 + z), paint, animated=name in ANIMATED and z < 30)


def _sky(
    inks: Inks, entry: dict[str, Any], genre: str, time: str, weather: str, medium: str, shone: Colour | None = None
) -> Layer:
    """``shone``: the light that a silhouette stands against, low in the sky."""
    own = entry.get("colours", {}).get("sky")
    top, low, disc, disc_at, stars = hour_sky(genre, time, weather)
    if own:
        share = OWN_SKY.get(time, 0.0) if medium == "land" else 0.0
        top, low, disc = mix(dark(inks.sky, 0.25), top, share), mix(light(inks.sky, 0.12), low, share), None
        stars = medium == "space" or entry.get("colours", {}).get("far") == "#9c5a4a"
    if shone is not None:
        low = mix(low, shone, 0.7)
    rng = np.random.default_rng(5)
    dots = rng.uniform([-60, 0], [60, 42], (170, 2))

    def paint(c: Canvas, t: float) -> None:
        ends = c._pixels(np.array([[0, 40.0], [0, -6.0]])).reshape(-1)
        c.rect(-180, -180, 360, 360, Gradient([(0, top), (1, low)], line=tuple(float(v) for v in ends)))
        if stars:
            for x, y in dots:
                c.ellipse(x, y, 0.09, 0.09, (1, 1, 0.92, 0.85))
        if disc is not None:
            x, y = disc_at
            for k in (3, 2, 1):
                c.ellipse(x, y, 2.2 + 1.3 * k, 2.2 + 1.3 * k, (*disc[:3], 0.1))
            c.ellipse(x, y, 2.2, 2.2, disc)
        if weather in ("cloudy", "rain", "storm", "fog"):
            for x, y in dots[:26]:
                c.ellipse(x, 8 + y * 0.7, 9, 2.2, (*mix(low, top, 0.4)[:3], 0.5))

    return Layer("sky", SKY, (-180, -180, 180, 180), paint)


def _wall(inks: Inks, location: Location, genre: str) -> Layer:
    pattern = _seed(location) % 3

    def paint(c: Canvas, t: float) -> None:
        c.rect(-40, -2, 80, 26, inks.wall)
        for k in range(-40, 40):
            if pattern == 0:
                c.rect(k * 0.9, 0, 0.42, 24, light(inks.wall, 0.05))
            elif pattern == 1:
                c.ellipse(k * 0.8, 1.6 + 0.5 * (k % 2), 0.07, 0.1, light(inks.wall, 0.15))
                c.ellipse(k * 0.8, 2.9 + 0.5 * (k % 2), 0.07, 0.1, light(inks.wall, 0.15))
        c.rect(-40, 0, 80, 0.16, dark(inks.wall, 0.35))
        if pattern != 1:
            c.rect(-40, 0.9, 80, 0.06, dark(inks.wall, 0.2))
            c.rect(-40, 0.16, 80, 0.74, dark(inks.wall, 0.14))

    return Layer("wall", 3.2, (-40, -2, 40, 24), paint)


def _floor(inks: Inks, indoors: bool, water: Sequence[float]) -> list[Layer]:
    strips = [z for z in FLOOR_STRIPS if not indoors or z < 3.0]
    layers = []
    for n, z in enumerate(strips):
        near = n / max(1, len(strips) - 1)
        if z in water:
            layers.append(_strip(mix(inks.middle, inks.sky, 0.3 * (1 - near)), z, n, flat=True))
            continue
        base = mix(inks.floor, inks.far, 0.45 * (1 - near) if not indoors else 0.0)
        layers.append(_strip(mix(base, (0, 0, 0), 0.05 * (n % 2) + 0.1 * near), z, n, flat=indoors))
    return layers


def _strip(colour: Colour, z: float, n: int, flat: bool) -> Layer:
    wide = 60 + abs(z) * 2.0
    x = np.linspace(-wide, wide, 90)
    rough = (0.0 if flat else 0.02) * (1 + z * 0.05) * np.random.default_rng(n).uniform(-1, 1, 90)
    outline = np.vstack([[-wide, -60 - z], np.stack([x, -0.01 + rough], 1), [wide, -60 - z]])

    rng = np.random.default_rng(100 + n)
    size, reach = 1 + 0.05 * abs(z), min(wide, 9 + 1.5 * abs(z))
    marks = rng.uniform([-reach, -0.5 * size, 0.1, -0.09], [reach, -0.03 * size, 0.6, 0.09], (26 if z < 60 else 0, 4))
    thin = 0.012 if flat else 0.03

    def paint(c: Canvas, t: float) -> None:
        c.polygon(outline, colour)
        for mx, my, long, tone in marks:
            ink = light(colour, tone) if tone > 0 else dark(colour, -tone)
            c.ellipse(mx, my, long * size, thin * size, ink)
        c.line(np.stack([x, -0.015 + rough], 1), light(colour, 0.08), 0.02 * (1 + abs(z) * 0.05))

    return Layer(f"floor-{n}", z + 0.05, (-wide, -60 - z, wide, 1), paint, shadow=0.2)
