"""What a screenwriter is: a language model that answers messages with a document of a given schema."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)
Message = dict[str, str]
"""``{"role": "system" | "user" | "assistant", "content": text}``"""


class Screenwriter(ABC):
    """Subclass as ``Writer`` in ``studio/llm/<name>.py``; the file's name is the provider's name."""

    version: str = "1"

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.tokens_in = 0
        self.tokens_out = 0
        self.fallbacks: list[str] = []
        """What was not understood and drawn as the nearest kind; goes into the report."""

    @property
    def tokens(self) -> int:
        """Tokens read and written so far, those of unusable answers too."""
        return self.tokens_in + self.tokens_out

    @abstractmethod
    def write(self, messages: list[Message], schema: type[T]) -> T:
        """Answer with a valid ``schema`` instance; raises ScreenwriterFailed (resumable).

        The last user message carries the variables of the role's template as JSON under ``variables``."""
