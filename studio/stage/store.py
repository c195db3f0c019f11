"""The take store: clips named by the key of their brief, so that the same brief is never rendered twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.edit.probe import probe
from studio.engines.base import Clip
from studio.errors import EngineFailed
from studio.publish import publish_json, publish_path
from studio.story.brief import Brief

OnEvent = Callable[..., None]


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class TakeStore:
    """``root/ab/<key>.mp4`` with a ``.json`` of facts beside each clip. Safe with several processes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        return self.root / key[:2] / f"{key}.mp4"

    def _facts(self, key: str) -> dict[str, Any] | None:
        try:
            facts: dict[str, Any] = json.loads(self.path(key).with_suffix(".json").read_text(encoding="utf-8"))
            return facts
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def sha256(self, key: str) -> str:
        """The clip's recorded hash; empty where there is no clip."""
        facts = self._facts(key)
        return str(facts["sha256"]) if facts else ""

    def find(self, key: str, on_event: OnEvent | None = None) -> Clip | None:
        """The clip, its bytes checked against the recorded hash; a damaged one is removed and said."""
        path, facts = self.path(key), self._facts(key)
        if facts is None or not path.is_file():
            if on_event and (facts is not None or path.is_file()):
                on_event("warning", text=f"clip {key[:12]} of the take store was incomplete; rendered again")
            return None
        if _sha256(path) != facts["sha256"]:
            if on_event:
                on_event("warning", text=f"clip {key[:12]} of the take store was damaged; rendered again")
            self.remove(key)
            return None
        return Clip(path, facts["frames"], facts["fps"], facts["width"], facts["height"])

    def publish(self, key: str, temporary: Path, brief: Brief) -> Clip:
        """Check frames and size of a file whose parts the workers decoded strictly, and make it the clip of ``key``.

        Raises EngineFailed naming what is wrong; the file is left for the caller to remove."""
        made = probe(temporary)
        if (made.width, made.height) != (brief.width, brief.height):
            raise EngineFailed(f"wrong size: {made.width}x{made.height} instead of {brief.width}x{brief.height}")
        if made.frames != brief.frames:
            raise EngineFailed(f"wrong length: {made.frames} frames instead of {brief.frames}")
        path = self.path(key)
        facts = {
            "sha256": _sha256(temporary), "frames": made.frames, "fps": brief.fps,
            "width": made.width, "height": made.height,
        }  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        publish_path(temporary, path)
        publish_json(path.with_suffix(".json"), facts)
        return Clip(path, made.frames, brief.fps, made.width, made.height)

    def remove(self, key: str) -> None:
        """Forget a clip."""
        self.path(key).with_suffix(".json").unlink(missing_ok=True)
        self.path(key).unlink(missing_ok=True)
