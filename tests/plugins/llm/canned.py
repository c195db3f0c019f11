"""A test screenwriter: one keeper, one whale, as many scenes as asked."""

import json
from typing import Any

from studio.llm.base import Message, Screenwriter, T

SIZES = ("wide", "full", "medium", "close")


class Writer(Screenwriter):
    version = "canned-1"

    def write(self, messages: list[Message], schema: type[T]) -> T:
        told: dict[str, Any] = json.loads(messages[-1]["content"])["variables"]
        scenes = [
            {
                "number": n, "title": f"Scene {n}", "summary": "They meet.", "location": "shore",
                "characters": ["keeper", "whale"], "facts": [f"Fact {n}."],
                "shots": [
                    {
                        "number": s, "action": "The keeper walks to the whale.", "characters": ["keeper"],
                        "seconds": 2, "direction": {"shot_size": SIZES[(n + s) % 4]},
                    }
                    for s in (1, 2)
                ],
            }
            for n in range(1, told["scenes"] + 1)
        ]  # fmt: skip
        self.fallbacks.append("'canned' is a test")
        return schema.model_validate(
            {
                "title": "The Keeper", "logline": told["prompt"], "scenes": scenes,
                "characters": [
                    {"id": "keeper", "name": "the keeper", "kind": "person", "description": "A keeper."},
                    {"id": "whale", "name": "the whale", "kind": "whale", "description": "A whale."},
                ],
                "locations": [{"id": "shore", "name": "the shore", "kind": "coast", "description": "A shore."}],
            }
        )  # fmt: skip
