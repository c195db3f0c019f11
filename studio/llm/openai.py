"""openai: any server that speaks OpenAI's chat API; the key comes from ``OPENAI_API_KEY`` and goes nowhere else."""

from __future__ import annotations

import os
from typing import Any

from studio.errors import BadInput, ScreenwriterFailed
from studio.llm._asking import AskingScreenwriter, Busy, Reply
from studio.llm.base import Message

KEY = "OPENAI_API_KEY"


class Writer(AskingScreenwriter):
    version = "openai-1"

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        director = settings.director
        self._key = os.environ.get(KEY, "")
        if not self._key and not director.base_url:
            raise BadInput(f"the openai screenwriter needs {KEY} in the environment, or [director] base_url")

    def say(self, messages: list[Message], schema: dict[str, Any]) -> Reply:
        import openai
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        director = self.settings.director
        chat = ChatOpenAI(
            model=director.model, base_url=director.base_url or None, api_key=SecretStr(self._key or "none"),
            timeout=director.timeout_seconds, max_retries=0,
        ).bind(response_format={"type": "json_object"})  # fmt: skip
        try:
            answer = chat.invoke([(m["role"], m["content"]) for m in messages])
        except (openai.APITimeoutError, openai.APIConnectionError) as error:
            raise Busy(self._clean(error)) from None
        except openai.APIStatusError as error:
            if error.status_code == 429 or error.status_code >= 500:
                raise Busy(self._clean(error), _seconds(error.response.headers.get("retry-after"))) from None
            remedy = f"check {KEY}" if error.status_code in (401, 403) else "check [director] model and base_url"
            raise ScreenwriterFailed(f"the screenwriter's server refused: {self._clean(error)}; {remedy}") from None
        except (openai.OpenAIError, ValueError, TypeError, KeyError, AttributeError) as error:
            # What is no chat completion at all (a web page, half a line) fails while the library takes it apart.
            raise Busy(f"what came back is no chat completion: {self._clean(error)}") from None
        usage: Any = answer.usage_metadata or {}
        return Reply(str(answer.content), int(usage.get("total_tokens", 0)))

    def _clean(self, error: Exception) -> str:
        """One line without the key."""
        text = " ".join(str(error).split())[:300] or type(error).__name__
        return text.replace(self._key, "…") if self._key else text


def _seconds(told: str | None) -> float | None:
    """A Retry-After header in seconds; dates and nonsense are not understood."""
    try:
        return max(0.0, float(told)) if told else None
    except ValueError:
        return None
