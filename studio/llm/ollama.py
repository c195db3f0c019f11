"""ollama: a model on this machine, or on the one that ``[ollama] base_url`` (or ``[director] base_url``) names."""

from __future__ import annotations

from typing import Any

from studio.errors import ScreenwriterFailed
from studio.llm._asking import AskingScreenwriter, Busy, Reply
from studio.llm.base import Message


class Writer(AskingScreenwriter):
    version = "ollama-1"

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.host = settings.director.base_url or settings.ollama.base_url

    def _client(self) -> Any:
        import ollama

        return ollama.Client(host=self.host, timeout=self.settings.director.timeout_seconds)

    def models(self) -> list[str]:
        """Names of the models that this Ollama has; raises ScreenwriterFailed where it cannot be reached."""
        import httpx
        import ollama

        try:
            return sorted(str(model.model) for model in self._client().list().models)
        except (ollama.ResponseError, httpx.HTTPError, ConnectionError, ValueError) as error:
            told = f"Ollama at {self.host} cannot be asked for its models: {self.line(error)}"
            raise ScreenwriterFailed(f"{told}; start it with `ollama serve`") from None

    def say(self, messages: list[Message], schema: dict[str, Any]) -> Reply:
        import httpx
        import ollama

        try:
            answer = self._client().chat(self.settings.director.model, messages, format=schema)
        except ollama.ResponseError as error:
            if error.status_code == 404:
                raise ScreenwriterFailed(self._missing()) from None
            if error.status_code == 429 or error.status_code >= 500:
                raise Busy(f"Ollama answered {error.status_code}: {self.line(error)}") from None
            raise ScreenwriterFailed(f"Ollama refused: {self.line(error)}; check [director] model") from None
        except (httpx.HTTPError, ConnectionError) as error:
            raise Busy(f"Ollama at {self.host}: {self.line(error)}; `ollama serve` starts it") from None
        except ValueError as error:
            raise Busy(f"what came back is no chat answer: {self.line(error)}") from None
        return Reply(answer.message.content or "", answer.prompt_eval_count or 0, answer.eval_count or 0)

    def _missing(self) -> str:
        """How to come by the model, and what there is instead."""
        wanted = self.settings.director.model
        try:
            there = self.models()
            choices = f"there: {', '.join(there)}" if there else "none is there yet"
        except ScreenwriterFailed as error:
            choices = str(error)
        return f"Ollama has no model {wanted!r}: `ollama pull {wanted}`, or set [director] model ({choices})"
