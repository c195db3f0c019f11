"""Storyboards: a plan that comes from outside, as our own creative_document.json or as shots in prose."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.errors import BadInput
from studio.llm._offline import prose
from studio.llm._offline.cast import Player, introductions, present, strangers
from studio.llm._offline.grammar import GENRES
from studio.llm._offline.lexicon import Sense
from studio.llm._offline.reading import Entity
from studio.story.document import CreativeDocument


class _Shot(BaseModel):
    model_config = ConfigDict(extra="ignore")
    shot_id: int | str
    first_frame: str = Field(min_length=1)
    video_prompt: str = Field(min_length=1)


class _Scene(BaseModel):
    model_config = ConfigDict(extra="ignore")
    scene_num: int | str
    shots: list[_Shot] = Field(min_length=1)


class _Board(BaseModel):
    model_config = ConfigDict(extra="ignore")
    story_overview: str = ""
    scenes: list[_Scene] = Field(min_length=1)


def read_storyboard(path: Path) -> tuple[CreativeDocument, list[str]]:
    """(document, fallbacks) of a storyboard file; raises BadInput in one line."""
    data = _json(path)
    try:
        if "characters" in data or "locations" in data:
            return CreativeDocument.model_validate(data), []
        board = _Board.model_validate(data)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        said = fault["msg"].removeprefix("Value error, ")
        raise BadInput(f"--storyboard {path}: {where}: {said[0].lower()}{said[1:]}") from None
    _distinct(path, "scene_num", [s.scene_num for s in board.scenes])
    for scene in board.scenes:
        _distinct(path, f"scene {scene.scene_num}: shot_id", [s.shot_id for s in scene.shots])
    return _Planner(board).document()


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"--storyboard {path}: no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadInput(f"--storyboard {path}: not readable JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("scenes"), list) or not data["scenes"]:
        raise BadInput(f"--storyboard {path}: no scenes in it")
    return data


def _distinct(path: Path, what: str, ids: list[int | str]) -> None:
    twice = next((i for n, i in enumerate(ids) if i in ids[:n]), None)
    if twice is not None:
        raise BadInput(f"--storyboard {path}: {what} {twice!r} is there twice")


class _Planner:
    """Reads a board shot by shot; what a shot does not say holds from the shot before."""

    def __init__(self, board: _Board) -> None:
        self.board = board
        self.players: list[Player] = []
        self.places: dict[str, dict[str, Any]] = {}
        self.fallbacks: list[str] = []

    def document(self) -> tuple[CreativeDocument, list[str]]:
        shots = [self._shot(scene, shot) for scene, shot in self._pairs()]
        everything = " ".join([self.board.story_overview, *(s.first_frame for _, s in self._pairs())]).lower()
        ids = _ids(self.players)
        scenes = self._scenes(shots, ids)
        overview = self.board.story_overview.strip()
        genre = next(
            (g for g, p in GENRES.items() if re.search(rf"\b(?:{p})", overview.lower() or everything)), "drama"
        )
        title = " ".join(overview.split()[:7]).strip(" ,.;") or "A storyboard"
        document = {
            "title": title, "logline": overview or title, "genre": genre, "style": f"cut-paper {genre.replace('-', ' ')}",
            "characters": [p.document(i) for p, i in zip(self.players, ids, strict=True)],
            "locations": list(self.places.values()), "scenes": scenes,
        }  # fmt: skip
        return CreativeDocument.model_validate(document), list(dict.fromkeys(self.fallbacks))

    def _pairs(self) -> list[tuple[_Scene, _Shot]]:
        return [(scene, shot) for scene in self.board.scenes for shot in scene.shots]

    def _shot(self, scene: _Scene, shot: _Shot) -> dict[str, Any]:
        text = f"{shot.first_frame} {shot.video_prompt}"
        new = introductions(shot.first_frame)
        if not new and not any(p.name[0].isupper() or "Character" in p.aliases[0] for p in self.players):
            beside = bool(self.players) and bool(present(text, self.players, []))
            new = strangers(text, self.players)[: 4 - len(self.players)] if beside or not self.players else []
        for player in new:
            known = next((p for p in self.players if _same(p, player)), None)
            if known is None:
                self.players.append(player)
            elif len(player.description) > len(known.description) + 60:
                known.description = player.description
        before = getattr(self, "_last", None)
        cast = present(text, self.players, before["cast"] if before else [])
        now = {
            "scene": scene.scene_num, "cast": cast, "place": self._place(shot.first_frame, before),
            "time": prose.hour(shot.first_frame) or prose.hour(shot.video_prompt) or (before["time"] if before else "morning"),
            "weather": prose.weather(text) or "clear", "shot": shot,
        }  # fmt: skip
        if (
            not prose.weather(text)
            and before
            and before["place"] == now["place"]
            and before["scene"] == scene.scene_num
        ):
            now["weather"] = before["weather"]
        self._last = now
        return now

    def _place(self, first_frame: str, before: dict[str, Any] | None) -> str:
        """The id of the place, made known; a shot that names none stays where the one before was."""
        seen = prose.place(first_frame, sure=before is not None)
        if seen is None and before:
            return str(before["place"])
        entity = seen or Entity("room", Sense("place", "room"))
        for id, known in self.places.items():
            if known["kind"] == entity.sense.kind:
                return id
        id = "-".join(re.findall(r"[a-z0-9]+", entity.plain.lower())) or "place"
        if entity.sense.fallback:
            self.fallbacks.append(entity.sense.fallback)
        said = re.split(r"(?<=[.!?])\s+", first_frame)[0][:240]
        self.places[id] = {
            "id": id,
            "name": f"the {entity.plain}",
            "kind": entity.sense.kind,
            "description": said,
            "look": {},
        }
        return id

    def _scenes(self, shots: list[dict[str, Any]], ids: list[str]) -> list[dict[str, Any]]:
        """A new scene where the board begins one, or where place or hour change: a scene has one of each."""
        scenes: list[dict[str, Any]] = []
        last: tuple[Any, ...] = ()
        for told in shots:
            here = (told["scene"], told["place"], told["time"], told["weather"])
            if here != last:
                scenes.append(self._scene(len(scenes) + 1, told))
            last = here
            cast = [ids[self.players.index(p)] for p in told["cast"]][:6]
            scene = scenes[-1]
            scene["characters"] = list(dict.fromkeys([*scene["characters"], *cast]))
            scene["shots"].append(self._planned(len(scene["shots"]) + 1, told, cast))
            scene["summary"] = scene["shots"][0]["action"]
        return scenes

    def _scene(self, number: int, told: dict[str, Any]) -> dict[str, Any]:
        place = self.places[told["place"]]["name"].removeprefix("the ")
        return {
            "number": number, "title": f"{place.capitalize()}, {told['time']}", "summary": "", "location": told["place"],
            "characters": [], "time_of_day": told["time"], "weather": told["weather"], "facts": [],
            "narration": f"Scene {told['scene']} of the storyboard.", "shots": [],
        }  # fmt: skip

    def _planned(self, number: int, told: dict[str, Any], cast: list[str]) -> dict[str, Any]:
        shot: _Shot = told["shot"]
        names = [alias for p in told["cast"] for alias in [*p.aliases, p.noun]]
        return {
            "number": number, "action": prose.action(shot.video_prompt, shot.first_frame, names), "characters": cast,
            "dialogue": [], "seconds": prose.seconds(shot.video_prompt), "prompt": f"{shot.first_frame} {shot.video_prompt}",
            "direction": prose.direction(shot.first_frame, shot.video_prompt),
        }  # fmt: skip


def _same(known: Player, told: Player) -> bool:
    """Whether a paragraph introduces somebody again: by name, by label, or in the same clothes."""
    if known.name.lower() == told.name.lower() and known.name[0].isupper():
        return True
    if set(map(str.lower, known.aliases)) & set(map(str.lower, told.aliases)):
        return True
    return known.noun == told.noun and known.name == told.name and len(told.description) < 60


def _ids(players: list[Player]) -> list[str]:
    ids: list[str] = []
    for player in players:
        base = "-".join(re.findall(r"[a-z0-9]+", player.name.lower().removeprefix("the "))) or "somebody"
        ids.append(base if base not in ids else f"{base}-{len(ids)}")
    return ids
