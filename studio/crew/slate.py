"""The slate: everything that identifies a production, so that it can be made again to the bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from studio.config import Settings
from studio.errors import BadInput
from studio.story.document import Character, CreativeDocument, Location


class Kept(BaseModel):
    """A reference picture that an earlier bible has and a production goes on with, and the artist who made it."""

    model_config = ConfigDict(extra="forbid")

    sha256: str
    artist: str


class Bible(BaseModel):
    """Characters and locations that stay the same from one production to the next."""

    model_config = ConfigDict(extra="forbid")

    name: str
    genre: str = "drama"
    characters: list[Character] = []
    locations: list[Location] = []
    references: dict[str, Kept] = {}
    """In a slate: label -> picture that is kept as it is."""


class Tooled(BaseModel):
    """The version of an engine, and the sha256 of its weights."""

    model_config = ConfigDict(extra="forbid")

    version: str
    weights: str = ""


class Slate(BaseModel):
    """Prompt, resolved configuration, seed, versions and hashes. Equal slates give equal films."""

    model_config = ConfigDict(extra="forbid")

    name: str
    studio_version: str
    prompt: str
    settings: Settings
    seed: int
    document: CreativeDocument | None = None
    """The plan itself where it came from outside (``--storyboard``)."""
    document_fallbacks: list[str] = []
    bible: Bible | None = None
    engine_version: str
    weights: str = ""
    engines: dict[str, Tooled] = {}
    """The same of the engines that shoot other kinds of scenes (``engine_for``)."""
    artist_version: str
    writer_version: str
    encoder_version: str
    reward_weights: dict[str, str] = {}
    """Reward term -> sha256 of its weights, of those that have any."""
    policy_version: str
    """The director's version at the start; its file lies in the production's ``policy`` folder."""

    def tooled(self, engine: str) -> Tooled:
        """Version and weights of one of the production's engines."""
        return self.engines.get(engine) or Tooled(version=self.engine_version, weights=self.weights)

    def identity(self) -> dict[str, Any]:
        """What determines the film: all but the name and how fast it is made."""
        data = self.model_dump(mode="json", exclude={"name", "settings"})
        return {**data, "settings": self.settings.outcome()}


def read_slate(path: Path) -> Slate:
    """Load ``slate.json``; raises BadInput in one line."""
    try:
        return Slate.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"no slate at {path}") from None
    except (ValidationError, json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
        first = str(error).splitlines()[0]
        raise BadInput(f"{path} is not a slate of this version of Studio: {first}") from None
