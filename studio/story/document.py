"""The creative document: what the director plans, and what a language model must return."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from studio.story.direction import check

TIMES = ("dawn", "morning", "noon", "afternoon", "dusk", "night")
LIT_HOURS = ("dawn", "dusk", "night")
"""Hours whose light makes another picture of a place."""
WEATHERS = ("clear", "cloudy", "rain", "storm", "snow", "fog", "wind")
GENRES = (
    "drama", "fairy-tale", "noir", "documentary", "science-fiction", "comedy", "history", "adventure", "horror",
    "romance", "fantasy", "western",
)  # fmt: skip
BEATS = ("setup", "turn", "crisis", "resolution")

Time = Literal["dawn", "morning", "noon", "afternoon", "dusk", "night"]
Weather = Literal["clear", "cloudy", "rain", "storm", "snow", "fog", "wind"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Look(_Part):
    """What never changes about a character. Colours are CSS hex strings keyed by what they colour."""

    age: str = Field("adult", description="child, teen, young, adult, middle-aged or old")
    build: str = Field(
        "average", description="slim, average, sturdy, heavy, tall or short; tiny or giant against others of its kind"
    )
    gender: str = Field("", description="female, male or empty")
    hair: str = Field("", description="cut and colour, e.g. 'short curly black'; empty for creatures")
    clothes: list[str] = Field(default_factory=list, description="garments, e.g. 'teal sweater', 'apron', 'top hat'")
    colours: dict[str, str] = Field(
        default_factory=dict,
        description="hex per part: skin hair top bottom shoes hat accent for people; body belly accent for creatures",
    )
    props: list[str] = Field(default_factory=list, description="carried or worn things, e.g. 'lantern', 'glasses'")


class Character(_Part):
    """Somebody who acts. ``kind`` is an entry of the catalogue of figures, e.g. person, robot, whale, dragon."""

    id: Slug
    name: str = Field(description="as the story calls them, e.g. 'the lighthouse keeper' or 'Mira'")
    kind: str
    description: str = Field(description="one sentence that an artist could draw from")
    look: Look = Look()


class Location(_Part):
    """Somewhere. ``kind`` is an entry of the catalogue of places, e.g. lighthouse, forest, kitchen."""

    id: Slug
    name: str
    kind: str
    description: str
    look: dict[str, str] = Field(default_factory=dict, description="hex colours and features of the set, by name")


class Line(_Part):
    """A line of dialogue."""

    character: Slug
    text: str


class Shot(_Part):
    """One continuous planned piece of camera work; ``direction`` holds only the slots that the plan fixes."""

    number: int = Field(ge=1)
    action: str = Field(description="one whole sentence: who does what, visible to a camera")
    characters: list[Slug] = Field(default_factory=list, description="ids of those in frame, most important first")
    dialogue: list[Line] = Field(default_factory=list)
    seconds: float = Field(4.0, ge=1, le=20)
    prompt: str = Field("", description="the shot as a paragraph for a video model")
    direction: Annotated[dict[str, str], AfterValidator(check)] = Field(default_factory=dict)


class Scene(_Part):
    """A unit of story: one location, one time."""

    number: int = Field(ge=1)
    title: str
    summary: str
    kind: Literal["", "game"] = Field(
        "", description="'game' where the scene plays inside a video game, on its screen; empty in the film's own world"
    )
    location: Slug
    characters: list[Slug] = Field(default_factory=list)
    time_of_day: Time = "noon"
    weather: Weather = "clear"
    facts: list[str] = Field(default_factory=list, description="what is true from this scene on, for continuity")
    narration: str = ""
    shots: list[Shot] = Field(min_length=1)


class Beat(_Part):
    """One step of the arc: setup, turn, crisis or resolution (a step may repeat)."""

    beat: Literal["setup", "turn", "crisis", "resolution"]
    text: str


def _unlike(what: str, values: list[Any]) -> None:
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{what} repeat: {', '.join(map(str, twice))}")


class CreativeDocument(_Part):
    """Everything the crew needs to film. References between its parts are checked."""

    title: str
    logline: str
    genre: str = Field("drama", description="one of: " + ", ".join(GENRES))
    style: str = Field("", description="how the film looks, one phrase")
    arc: list[Beat] = Field(default_factory=list)
    characters: list[Character] = Field(default_factory=list, max_length=24)
    locations: list[Location] = Field(min_length=1)
    scenes: list[Scene] = Field(min_length=1)

    @model_validator(mode="after")
    def _references_resolve(self) -> CreativeDocument:
        people, places = {c.id for c in self.characters}, {place.id for place in self.locations}
        _unlike("character ids", [c.id for c in self.characters])
        _unlike("location ids", [place.id for place in self.locations])
        for scene in self.scenes:
            _unlike(f"scene {scene.number}: shot numbers", [shot.number for shot in scene.shots])
            if scene.location not in places:
                raise ValueError(f"scene {scene.number}: location {scene.location!r} is not in locations")
            speakers = [line.character for shot in scene.shots for line in shot.dialogue]
            named = [*scene.characters, *(c for shot in scene.shots for c in shot.characters), *speakers]
            if missing := sorted(set(named) - people):
                raise ValueError(f"scene {scene.number}: characters not in the document: {', '.join(missing)}")
        _unlike("scene numbers", [scene.number for scene in self.scenes])
        return self

    def in_frame(self, shot: Shot) -> list[Character]:
        """The shot's characters, whom its action names first in front: the camera and the acting follow the subject."""
        action = shot.action.lower()
        found = [self.character(id) for id in shot.characters]

        def mention(who: Character) -> int:
            name = re.sub(r"^(the|a|an) ", "", who.name.lower())
            places = [
                m.start() for word in (name, name.split()[-1]) if (m := re.search(rf"\b{re.escape(word)}", action))
            ]
            return min(places, default=len(action))

        return sorted(found, key=mention)

    def character(self, id: str) -> Character:
        """The character with ``id``; raises KeyError."""
        return next(c for c in self.characters if c.id == id)

    def location(self, id: str) -> Location:
        """The location with ``id``; raises KeyError."""
        return next(place for place in self.locations if place.id == id)

    def beat_of(self, scene: Scene) -> str:
        """The arc's beat that ``scene`` belongs to, by its place in the film: setup, turn, crisis, resolution."""
        index = [s.number for s in self.scenes].index(scene.number)
        return BEATS[min(3, index * 4 // len(self.scenes))] if len(self.scenes) > 1 else "setup"
