"""The director plans: from the prompt (or a storyboard, or a bible) to the creative document."""

from __future__ import annotations

import json
from typing import Any

from pydantic import model_validator

from studio.crew import gates, judges, screenwriting, wardrobe
from studio.crew.production import Production
from studio.publish import publish_json
from studio.story.document import CreativeDocument, Scene


def variables(production: Production) -> dict[str, Any]:
    """What the screenwriter is told; also the memo's key."""
    slate, director = production.slate, production.settings.director
    bible = slate.bible and {
        "characters": [c.model_dump(mode="json") for c in slate.bible.characters],
        "locations": [place.model_dump(mode="json") for place in slate.bible.locations],
    }
    return {
        "prompt": slate.prompt,
        "scenes": production.settings.production.scenes,
        "max_characters": director.max_characters,
        "max_locations": director.max_locations,
        "seed": slate.seed,
        "bible": bible,
    }


def screenplay(told: dict[str, Any]) -> type[CreativeDocument]:
    """The creative document as it is asked of a language model: with the asked number of scenes, within the limits.

    Whoever is in a shot is in its scene: what a model forgets there is unambiguous, and put right."""

    class Screenplay(CreativeDocument):
        @model_validator(mode="after")
        def _as_asked(self) -> Screenplay:
            if [scene.number for scene in self.scenes] != list(range(1, told["scenes"] + 1)):
                raise ValueError(f"there must be {told['scenes']} scenes, numbered from 1 on in the film's order")
            for what, limit in (("characters", told["max_characters"]), ("locations", told["max_locations"])):
                if len(getattr(self, what)) > limit:
                    raise ValueError(f"there are {len(getattr(self, what))} {what}; at most {limit}")
            for scene in self.scenes:
                _complete(scene)
            return self

    Screenplay.__name__ = CreativeDocument.__name__
    return Screenplay


def _complete(scene: Scene) -> None:
    """Everybody of its shots is in the scene, and every shot tells something."""
    for shot in scene.shots:
        if not shot.action.strip():
            raise ValueError(f"scene {scene.number}, shot {shot.number}: nothing happens; action is empty")
        if not 1 <= shot.number <= len(scene.shots):
            raise ValueError(f"scene {scene.number}: shots are numbered from 1 on, not {shot.number}")
        scene.characters.extend(id for id in dict.fromkeys(shot.characters) if id not in scene.characters)


def plan(production: Production) -> CreativeDocument:
    """Plan the film once; the same question is never asked twice."""
    if production.slate.encoder_version == "untrained":
        production.remark(
            "fallback", "no weights of studio-clip are installed: character and location consistency are not scored"
        )
    document, looks = _ask(production), production.memory.requests(production.name, done=None, kind="look")
    for limit in judges.limits(production, document):
        production.remark("fallback", limit)
    for kind, name in production.settings.production.engine_for.items():
        if all(scene.kind != kind for scene in document.scenes):
            production.remark("warning", f"no scene is set in a {kind}: engine {name} shoots none of them")
    data, open_ = document.model_dump(mode="json"), [look for look in looks if not look.done]
    for look in looks:
        if look.outcome != "withdrawn":
            dressed = wardrobe.worn(data, look.character, look.look)
            if dressed is None:
                production.remark("warning", f"nobody in the plan is {look.character!r}: a changed look was left out")
            data = dressed or data
    production.memory.memoise("plan", {"production": production.name}, data)
    publish_json(production.folder / "creative_document.json", data)
    # Closed last: a kill before this plans the same again.
    for look in open_:
        production.memory.settle(look.id, "in the plan")
    gates.settle(production, gates.PLAN, gates.REFERENCES, kind="send back")
    return CreativeDocument.model_validate(data)


def _ask(production: Production) -> CreativeDocument:
    slate, said = production.slate, gates.notes(production)
    if slate.document is not None:
        for text in [*slate.document_fallbacks, *(f"the plan is a storyboard's: not changed by: {n}" for n in said)]:
            production.remark("fallback", text)
        return slate.document
    told = variables(production)
    told["prompt"] = "\n\n".join([told["prompt"], *said])
    inputs = {**screenwriting.identity(production, "director"), "variables": told}
    offline = screenwriting.offline(production)
    values = {
        **told, "bible": json.dumps(told["bible"]), "schema": json.dumps(CreativeDocument.model_json_schema()),
    }  # fmt: skip
    messages = screenwriting.question(production, "director", values, told)
    schema = CreativeDocument if offline else screenplay(told)
    written = screenwriting.ask(production, "screenplay", inputs, messages, schema)
    return CreativeDocument.model_validate(written.model_dump(mode="json"))
