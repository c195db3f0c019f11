"""A built set: paper layers in a world of metres, and how light falls on it. Sets make it, the renderer films it.

World: x right, y up, z away from the camera. Actors play on the plane z = 0 with the floor at y = 0, within
x = -6…6. Layers with z > 0 lie behind them, z < 0 before them. The sky is at z = SKY.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from studio.previz.canvas import Canvas, Colour
from studio.previz.figure import Shade

SKY = 1e6


@dataclass(frozen=True)
class Layer:
    """One sheet of paper. ``paint(canvas, t)`` draws it in metres; ``canvas.view`` is set by the caller."""

    name: str
    z: float
    rect: tuple[float, float, float, float]
    """x0, y0, x1, y1 in metres: what the paper can cover. A sky's rect is in degrees: azimuth and elevation."""
    paint: Callable[[Canvas, float], None]
    animated: bool = False
    """Redrawn on twos; a still layer is drawn once and cached as a bitmap."""
    shadow: float = 0.5
    """0…1: how strongly it throws its soft paper shadow on what lies behind."""
    glow: bool = False
    """Added as light instead of laid over (lamps, fire, stars, screens)."""


@dataclass(frozen=True)
class Lamp:
    """A practical light in the set."""

    x: float
    y: float
    z: float
    reach: float
    """Metres at which it has faded to nothing."""
    colour: Colour
    strength: float = 1.0
    flicker: float = 0.0
    """0 steady … 1 fire."""


@dataclass(frozen=True)
class KeyLight:
    """One hard light that leaves the rest of the set in the dark."""

    x: float = 0.0
    reach: float = 3.4
    """Metres from its middle to where it ends."""
    rest: float = 0.3
    """Share of a paper's brightness that it keeps outside the light."""
    strength: float = 1.5
    side: float = 1.0
    """-1 puppets are lit from the left, 1 from the right."""
    blinds: bool = False
    """Falls in stripes through a blind instead of as a pool."""


@dataclass(frozen=True)
class Light:
    """Time of day, weather and genre as light."""

    shade: Shade
    haze: Colour = (0.8, 0.85, 0.95)
    behind: float = 0.75
    """Share of the shade's ``amount`` that papers behind the actors take."""
    haze_distance: float = 120.0
    """Metres at which a layer has taken half of the haze's colour."""
    shadow: Colour = (0.1, 0.1, 0.25, 0.35)
    shadow_length: float = 0.6
    """Length of a cast shadow on the floor as a share of the figure's height; sign is the side it falls to."""
    exposure: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    vignette: float = 0.25
    grain: float = 0.02
    black: float = 0.0
    """Share of the scale, from its dark end, that the grade crushes to black."""
    hard: KeyLight | None = None
    wet: float = 0.0
    """0…1: how much the floor mirrors."""
    flashes: tuple[float, ...] = ()
    """Seconds at which planned lightning lights the set for two frames."""


@dataclass(frozen=True)
class Particles:
    """Rain, snow, dust, leaves, sparks, stars-in-motion or bubbles that fill the air."""

    kind: str
    amount: float = 1.0
    colour: Colour = (1.0, 1.0, 1.0, 0.8)
    wind: float = 0.0


@dataclass
class StageSet:
    """What the renderer films."""

    layers: list[Layer]
    """Far to near."""
    light: Light
    palette: dict[str, Colour] = field(default_factory=dict)
    lamps: list[Lamp] = field(default_factory=list)
    particles: list[Particles] = field(default_factory=list)
    medium: str = "land"
    """land, water or space: how figures hold themselves."""
    indoors: bool = False
    waterline: float | None = None
    """y of the open water that boats keep to, where the set is one."""
    wind: float = 0.0
    spots: tuple[float, ...] = (-1.6, 0.0, 1.6, -3.2, 3.2)
    """Good x for people to stand at, best first."""
