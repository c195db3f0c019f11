"""What stands, walks, flies or swims in a set: the one interface that sets, camera and light know of a puppet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from studio.previz.canvas import Canvas, Colour, mix

ACTIVITIES = (
    "stand", "walk", "run", "talk", "listen", "look", "gesture", "point", "wave", "sit", "kneel", "lie", "fly", "swim",
    "float", "work", "dance", "fight", "react", "jump", "fall", "sleep", "hug", "give", "read", "play", "climb", "push",
    "carry", "eat", "ride",
)  # fmt: skip
FEELINGS = ("neutral", "happy", "sad", "angry", "afraid", "surprised", "tired", "determined", "tender")


@dataclass(frozen=True)
class Act:
    """What one figure does in one shot."""

    activity: str = "stand"
    feeling: str = "neutral"
    prop: str = ""
    """A thing in hand, by name; drawn as the nearest one known."""
    reach: float = 1.0
    """How high hands may go, in arm lengths above the shoulder: low where a raised arm would cover the face."""


@dataclass(frozen=True)
class Moment:
    """One figure at one instant. All motion is a pure function of this."""

    t: float
    """Seconds since the shot began, on twos (multiples of 1/12 s)."""
    duration: float
    act: Act = Act()
    travelled: float = 0.0
    """Metres moved along the ground since the shot began: gaits take their phase from it, so feet do not slide."""
    speed: float = 0.0
    """Metres a second, now."""
    facing: float = 0.5
    """-1 left profile … 0 towards the camera … 1 right profile; ±0.5 is three-quarter."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Where the eyes point, each -1…1: x right, y up."""
    talking: bool = False
    wind: float = 0.0
    """-1…1; moves hair, cloth and fur."""
    seed: int = 0


@dataclass(frozen=True)
class Shade:
    """How light falls on a paper: colour of key and fill, and a rim from behind."""

    key: Colour = (1.0, 1.0, 1.0)
    ambient: Colour = (0.8, 0.82, 0.9)
    amount: float = 0.0
    """0 keeps the paper's own colour; 1 is a silhouette in ``ambient``."""
    key_side: float = -0.5
    """Where the key light comes from, -1 left … 1 right."""
    rim: Colour | None = None

    def __call__(self, colour: Colour) -> Colour:
        """The paper's colour as lit."""
        lit = (colour[0] * self.key[0], colour[1] * self.key[1], colour[2] * self.key[2])
        shaded = mix(lit, self.ambient, self.amount)
        return (shaded[0], shaded[1], shaded[2], colour[3] if len(colour) > 3 else 1.0)


@dataclass(frozen=True)
class Marks:
    """Where the parts that a camera frames are, in metres, x right and y up from the point on the ground
    under the figure (for fliers and swimmers: from the body's lowest point)."""

    eyes: tuple[float, float]
    head: tuple[float, float, float]
    """Centre x, centre y, radius."""
    chest: float
    waist: float
    top: float
    left: float
    right: float


class Figure(Protocol):
    """One cast puppet, the same in every shot. Built by ``figures.cast(character, genre)``."""

    height: float
    """Metres from the lowest to the highest point, standing or at rest."""
    width: float
    """Metres, as seen in three-quarter view."""
    medium: str
    """land, air or water: where it moves by itself."""
    pace: float
    """Metres a second of its natural walk, flight or swim."""

    def marks(self, moment: Moment) -> Marks: ...

    def draw(self, canvas: Canvas, moment: Moment, shade: Shade) -> None:
        """Draw with the origin at the ground point; ``canvas.view`` takes metres (y up) to pixels."""
