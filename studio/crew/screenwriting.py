"""The crew's questions to the screenwriter: each is asked once, and what it took is counted."""

from __future__ import annotations

import json
from typing import Any

from studio.crew import templates
from studio.crew.production import Production
from studio.errors import ScreenwriterFailed
from studio.llm.base import Message, T
from studio.story.brief import digest


def offline(production: Production) -> bool:
    """Whether no language model is there to be asked."""
    return production.settings.director.llm == "offline"


def identity(production: Production, *roles: str) -> dict[str, str]:
    """What an answer depends on beside its question: provider, its version, and with a model that and the templates."""
    director = production.settings.director
    told = {"llm": director.llm, "version": production.slate.writer_version}
    if offline(production):
        return told
    return {**told, "model": director.model, **{role: production.space.template(role) for role in roles}}


def question(production: Production, role: str, values: dict[str, Any], told: dict[str, Any]) -> list[Message]:
    """The role's template as the system's message, and ``told`` as the user's."""
    return [
        {"role": "system", "content": templates.render(production.space, role, values)},
        {"role": "user", "content": json.dumps({"variables": told}, ensure_ascii=False)},
    ]


def ask(production: Production, kind: str, inputs: Any, messages: list[Message], schema: type[T]) -> T:
    """The answer for these inputs: the one that was given before, or a new one. Raises ScreenwriterFailed (resumable).

    A mark is written before the question, so that a kill after the answer still leaves its tokens with this production,
    while one that finds the answer there (a replay) is not charged for it.
    """
    memory = production.memory
    known = memory.recall(kind, inputs)
    if known is None:
        mine = {"production": production.name, "answer": digest([kind, inputs])}
        vain = memory.recall("asked", mine) or {"tokens_in": 0, "tokens_out": 0}
        memory.memoise("asked", mine, vain)
        writer = production.writer
        try:
            with production.clocked("screenwriter"):
                written = writer.write(messages, schema)
        except ScreenwriterFailed:
            spent = {key: vain[key] + getattr(writer, key) for key in ("tokens_in", "tokens_out")}
            memory.memoise("asked", mine, spent)
            raise
        known = {
            "answer": written.model_dump(mode="json"), "fallbacks": list(writer.fallbacks),
            "tokens_in": writer.tokens_in, "tokens_out": writer.tokens_out,
        }  # fmt: skip
        memory.memoise(kind, inputs, known)
    for text in known["fallbacks"]:
        production.remark("fallback", text)
    return schema.model_validate(known["answer"])


def spent(production: Production) -> tuple[int, float | None]:
    """(tokens, cost) of all that this production asked; the cost is None where tokens have no price."""
    read = written = 0
    for mark in production.memory.memos("asked"):
        if mark.inputs["production"] == production.name:
            answer = production.memory.memo(mark.inputs["answer"])
            for took in (mark.value, answer.value if answer else {}):
                read += int(took.get("tokens_in", 0))
                written += int(took.get("tokens_out", 0))
    if not read + written or production.settings.director.llm != "openai":
        return read + written, 0.0
    prices = production.settings.openai
    if not (prices.price_in or prices.price_out):
        return read + written, None
    return read + written, round((read * prices.price_in + written * prices.price_out) / 1e6, 6)
