"""The script supervisor's second pair of eyes: a language model that reads a take against the continuity log."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from studio.crew import screenwriting
from studio.crew.production import Production
from studio.rewards.base import Reader
from studio.story.document import Shot


class Reading(BaseModel):
    """What a language model says of a take."""

    model_config = ConfigDict(extra="forbid")
    score: float = Field(ge=0, le=1, allow_inf_nan=False, description="1: nothing contradicts; 0: plainly contradicted")
    contradictions: list[Annotated[str, Field(max_length=400)]] = Field(
        default_factory=list, max_length=8, description="one short sentence each; empty where there is none"
    )


def reader(production: Production) -> Reader | None:
    """Asks the screenwriter, once for each account of a take; None where there is no language model."""
    if screenwriting.offline(production):
        return None

    def read(told: dict[str, Any]) -> tuple[float, list[str]]:
        values = {"schema": Reading.model_json_schema()}
        messages = screenwriting.question(production, "narrative_coherence", values, told)
        inputs = {**screenwriting.identity(production), "messages": messages}
        found = screenwriting.ask(production, "reading", inputs, messages, Reading)
        return found.score, [" ".join(text.split()) for text in found.contradictions]

    return read


def told(shot: Shot) -> str:
    """A planned shot as the shots after it know it: what happens and what is said."""
    return " ".join([shot.action, *(f"“{line.text}”" for line in shot.dialogue)])
