"""openai: any server that speaks OpenAI's chat API; the key comes from the environment and goes nowhere else."""

from __future__ import annotations

import os
from typing import Any

from studio.errors import BadInput, ScreenwriterFailed
from studio.llm._asking import AskingScreenwriter, Busy, Reply
from studio.llm.base import Message

_PLAIN: set[str] = set()
"""Servers that refused ``response_format`` in this process; they are asked in words alone."""


class Writer(AskingScreenwriter):
    version = "openai-1"

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self._variable = settings.openai.api_key_env
        self.secret = os.environ.get(self._variable, "").strip()
        if not self.secret and not settings.director.base_url:
            raise BadInput(f"the openai screenwriter needs {self._variable} in the environment, or [director] base_url")

    def say(self, messages: list[Message], schema: dict[str, Any]) -> Reply:
        import openai

        try:
            answer = self._chat().invoke([(m["role"], m["content"]) for m in messages])
        except (openai.APITimeoutError, openai.APIConnectionError) as error:
            raise Busy(self.line(error)) from None
        except openai.APIStatusError as error:
            raise self._refused(error) from None
        except (
            openai.LengthFinishReasonError
        ) as error:  # the library keeps a cut answer back; what it says is judged by us
            usage, cut = error.completion.usage, error.completion.choices[0].message.content
            return Reply(cut or "", usage.prompt_tokens if usage else 0, usage.completion_tokens if usage else 0)
        except (openai.OpenAIError, ValueError, TypeError, KeyError, AttributeError) as error:
            # What is no chat completion at all (a web page, half a line) fails while the library takes it apart.
            raise Busy(f"what came back is no chat completion: {self.line(error)}") from None
        took: Any = answer.usage_metadata or {}
        return Reply(str(answer.content), int(took.get("input_tokens", 0)), int(took.get("output_tokens", 0)))

    def _chat(self) -> Any:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        director = self.settings.director
        chat = ChatOpenAI(
            model=director.model, base_url=director.base_url or None, api_key=SecretStr(self.secret or "none"),
            timeout=director.timeout_seconds, max_retries=0,
        )  # fmt: skip
        return chat if director.base_url in _PLAIN else chat.bind(response_format={"type": "json_object"})

    def _refused(self, error: Any) -> Exception:
        """What an answer with an error status means: later, otherwise, or not at all."""
        if error.status_code == 429 or error.status_code >= 500:
            return Busy(self.line(error), _seconds(error.response.headers.get("retry-after")))
        server = self.settings.director.base_url
        if error.status_code in (400, 422) and "response_format" in str(error) and server not in _PLAIN:
            _PLAIN.add(server)
            self.fallbacks.append("the screenwriter's server takes no response_format: asked for JSON in words alone")
            return Busy(self.line(error), 0.0)
        remedy = f"check {self._variable}" if error.status_code in (401, 403) else "check [director] model and base_url"
        return ScreenwriterFailed(f"the screenwriter's server refused: {self.line(error)}; {remedy}")


def _seconds(told: str | None) -> float | None:
    """A Retry-After header in seconds; dates and nonsense are not understood."""
    try:
        return max(0.0, float(told)) if told else None
    except ValueError:
        return None
