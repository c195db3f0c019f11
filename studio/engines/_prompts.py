"""Each distinct text is encoded once: its embeddings are kept in memory and in safetensors files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.publish import publish_bytes
from studio.story.brief import digest

Embeddings = dict[str, Any]
"""Name of a pipeline's argument (``prompt_embeds``, ``prompt_attention_mask``) -> tensor on the CPU."""

Encode = Callable[[list[str]], list[Embeddings]]


class PromptCache:
    """Embeddings by what made them: the text encoder's hash, its precision, and the text.

    ``folder`` keeps them for later processes; without one they last as long as this one."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._memory: dict[str, Embeddings] = {}
        self.encoded = 0
        """Texts that were really encoded."""

    def path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{key}.safetensors"

    def get(self, texts: list[str], made_by: dict[str, Any], encode: Encode) -> list[Embeddings]:
        """Embeddings of each of ``texts``; ``encode`` is called once with those that nobody has encoded yet."""
        keys = {text: digest({**made_by, "text": text}) for text in texts}
        missing = [text for text in dict.fromkeys(texts) if not self._known(keys[text])]
        if missing:
            for text, made in zip(missing, encode(missing), strict=True):
                self._keep(keys[text], made)
            self.encoded += len(missing)
        return [self._memory[keys[text]] for text in texts]

    def _known(self, key: str) -> bool:
        if key in self._memory:
            return True
        if self.folder is None or not self.path(key).is_file():
            return False
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            self._memory[key] = load_file(self.path(key))
        except SafetensorError:  # a damaged file is written again
            self.path(key).unlink(missing_ok=True)
            return False
        return True

    def _keep(self, key: str, made: Embeddings) -> None:
        self._memory[key] = made
        if self.folder is not None:
            from safetensors.torch import save

            publish_bytes(self.path(key), save({name: tensor.contiguous() for name, tensor in made.items()}))
