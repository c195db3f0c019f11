"""Progress on the terminal: what is being made, take by take, with a thumbnail and the time left. On stderr only."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any


class Progress:
    """Listens to a production's log and tells it to a person."""

    def __init__(self, folder: Path, quiet: bool = False) -> None:
        self.folder, self.quiet = folder, quiet
        self.started = time.monotonic()
        self.total = 0
        self.shots: set[tuple[int, int]] = set()

    def __call__(self, entry: dict[str, Any]) -> None:
        text = self._line(entry)
        if text and not self.quiet:
            print(text, file=sys.stderr, flush=True)

    def _line(self, entry: dict[str, Any]) -> str:
        event = entry["event"]
        if event in ("take_rendered", "take_cached"):
            how = f"rendered in {entry['seconds']:.1f} s" if event == "take_rendered" else "from the cache"
            return f"  {entry['scene']}.{entry['shot']} take {entry['take']}  {how}  {self._thumbnail(entry)}"
        if event == "take_committed":
            reward = "unscorable" if entry["reward"] is None else f"reward {entry['reward']:.2f}"
            verdict = "accepted" if entry["accepted"] else "below the bar"
            self.shots.add((entry["scene"], entry["shot"]))
            return f"  {entry['scene']}.{entry['shot']} take {entry['take']}  {reward}, {verdict}{self._left()}"
        if event == "reference_drawn" and entry["candidates"] > 1:
            return f"  {entry['label']}  the best of {entry['candidates']}, seed {entry['seed']}"
        if event == "cut":
            return f"cut {entry['number']}: {entry['frames']} frames"
        if event in ("fallback", "warning"):
            return f"{event}: {entry['text']}"
        if event == "attempt_failed":
            return f"  {entry['scene']}.{entry['shot']} take {entry['take']}: attempt failed: {entry.get('error', '')}"
        return ""

    def _thumbnail(self, entry: dict[str, Any]) -> str:
        file = f"scenes/{entry['scene']:02d}/shot-{entry['shot']:02d}/take-{entry['take']}"
        return str(self.folder / f"{file}{'.jpg' if entry['event'] == 'take_rendered' else '.mp4'}")

    def _left(self) -> str:
        document = self.folder / "creative_document.json"
        if not self.total and document.is_file():
            import json

            self.total = sum(len(s["shots"]) for s in json.loads(document.read_text(encoding="utf-8"))["scenes"])
        done = len(self.shots)
        if not self.total or not done:
            return ""
        left = (time.monotonic() - self.started) / done * (self.total - done)
        return f"  [{done}/{self.total} shots, about {int(left // 60)}:{int(left % 60):02d} left]"
