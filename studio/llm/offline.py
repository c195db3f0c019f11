"""offline: the screenwriter that needs no model. Reads the prompt with a lexicon and plans with story patterns."""

from __future__ import annotations

import json

from studio.errors import ScreenwriterFailed
from studio.llm.base import Message, Screenwriter, T
from studio.story.document import CreativeDocument


class Writer(Screenwriter):
    version = "offline-5"

    def write(self, messages: list[Message], schema: type[T]) -> T:
        if schema is not CreativeDocument:
            raise ScreenwriterFailed(f"the offline screenwriter plans films; it cannot write {schema.__name__}")
        from studio.llm._offline.plan import plan

        told = json.loads(messages[-1]["content"])["variables"]
        document, fallbacks = plan(told)
        self.fallbacks.extend(fallbacks)
        return schema.model_validate(document)
