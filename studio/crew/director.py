"""The director plans: from the prompt (or a storyboard, or a bible) to the creative document."""

from __future__ import annotations

import json
from string import Template
from typing import Any

from studio.crew import gates, wardrobe
from studio.crew.production import Production
from studio.errors import BadInput
from studio.llm.base import Message
from studio.publish import publish_json
from studio.story.document import CreativeDocument


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


def render_template(production: Production, role: str, values: dict[str, Any]) -> str:
    """``prompts/<role>.md`` with its ``$variables`` filled in; raises BadInput naming an unknown one."""
    text = production.space.template(role)
    body = text.split("-->", 1)[-1].lstrip() if text.startswith("<!--") else text
    try:
        return Template(body).substitute(values)
    except KeyError as error:
        raise BadInput(
            f"prompts/{role}.md asks for ${error.args[0]}; it may use: {', '.join(sorted(values))}"
        ) from None
    except ValueError as error:
        raise BadInput(f"prompts/{role}.md: {error}") from None


def plan(production: Production) -> CreativeDocument:
    """Plan the film once; the same question is never asked twice."""
    if production.slate.encoder_version == "untrained":
        production.remark(
            "fallback", "no weights of studio-clip are installed: character and location consistency are not scored"
        )
    document, looks = _ask(production), production.memory.requests(production.name, done=None, kind="look")
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
    inputs = {"llm": production.settings.director.llm, "version": slate.writer_version, "variables": told}
    if production.settings.director.llm != "offline":
        inputs["model"] = production.settings.director.model
        inputs["template"] = production.space.template("director")
    answer = production.memory.recall("document", inputs)
    if answer is None:
        values = {
            **told,
            "bible": json.dumps(told["bible"]),
            "schema": json.dumps(CreativeDocument.model_json_schema()),
        }
        messages: list[Message] = [
            {"role": "system", "content": render_template(production, "director", values)},
            {"role": "user", "content": json.dumps({"variables": told}, ensure_ascii=False)},
        ]
        written = production.writer.write(messages, CreativeDocument)
        answer = {
            "document": written.model_dump(mode="json"),
            "fallbacks": list(production.writer.fallbacks),
            "tokens": production.writer.tokens,
            "cost": production.writer.cost,
        }
        production.memory.memoise("document", inputs, answer)
    for text in answer["fallbacks"]:
        production.remark("fallback", text)
    return CreativeDocument.model_validate(answer["document"])
