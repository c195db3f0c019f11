"""ollama: a model on this machine, or on the one that ``[director] base_url`` names."""

from __future__ import annotations

from typing import Any

from studio.errors import ScreenwriterFailed
from studio.llm._asking import AskingScreenwriter, Busy, Reply
from studio.llm.base import Message


class Writer(AskingScreenwriter):
    version = "ollama-1"

    def say(self, messages: list[Message], schema: dict[str, Any]) -> Reply:
        import httpx
        import ollama

        director = self.settings.director
        client = ollama.Client(host=director.base_url or None, timeout=director.timeout_seconds)
        try:
            answer = client.chat(director.model, messages, format=schema)
        except ollama.ResponseError as error:
            if error.status_code == 404:
                raise ScreenwriterFailed(_missing(client, director.model)) from None
            if error.status_code == 429 or error.status_code >= 500:
                raise Busy(f"Ollama answered {error.status_code}: {_line(error)}") from None
            raise ScreenwriterFailed(f"Ollama refused: {_line(error)}") from None
        except (httpx.HTTPError, ConnectionError) as error:
            raise Busy(f"Ollama at {director.base_url or 'its usual address'}: {_line(error)}") from None
        except ValueError as error:
            raise Busy(f"what came back is no chat answer: {_line(error)}") from None
        tokens = (answer.prompt_eval_count or 0) + (answer.eval_count or 0)
        return Reply(answer.message.content or "", tokens)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _missing(client: Any, model: str) -> str:
    at_hand = sorted(str(m.model) for m in client.list().models)
    choices = f"at hand: {', '.join(at_hand)}" if at_hand else "none is at hand"
    return f"Ollama has no model {model!r}: `ollama pull {model}`, or set [director] model ({choices})"
