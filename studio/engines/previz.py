"""previz: the embedded engine. Animated cut-paper previsualisation, no weights, any laptop."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from studio.engines.base import Capabilities, Clip, Progress, VideoEngine
from studio.story.brief import Brief

if TYPE_CHECKING:
    from studio.previz.film import Film


@lru_cache(maxsize=2)
def _film(text: str, shared: Path | None, forwards: bool) -> Film:
    from studio.previz.film import Film
    from studio.previz.papers import Papers

    return Film(Brief.model_validate_json(text), Papers(shared, forwards) if shared else None)


class Engine(VideoEngine):
    version = "previz-10"
    capabilities = Capabilities(
        fps=24.0, any_fps=True, size_multiple=2, cpu=True, shows=("shot_size", "angle", "camera_move", "lighting")
    )

    def parts(self, brief: Brief) -> list[tuple[int, int]]:
        """Two halves, whatever the machine: workers render them side by side and the stage joins their packets."""
        if brief.frames < 48:
            return [(0, brief.frames)]
        return [(0, brief.frames // 2), (brief.frames // 2, brief.frames)]

    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        return self.shoot_part(brief, 0, brief.frames, out, progress)

    def shoot_part(self, brief: Brief, start: int, stop: int, out: Path, progress: Progress) -> Clip:
        """Frames ``start`` … ``stop - 1`` of the brief as a clip of their own; parts share papers beside ``out``."""
        from studio.edit.encode import Encoder

        shared = out.parent / "papers" if stop - start < brief.frames else None
        film = _film(brief.model_dump_json(exclude={"files"}), shared, start == 0)
        handles = int(brief.parameters.get("handles", 12))
        keyframes = [n - start for n in (handles, brief.frames - handles) if start < n < stop]
        with Encoder(out, brief.width, brief.height, brief.fps, keyframes=keyframes) as encoder:
            for n in range(start, stop):
                encoder.write(film.frame(n))
                progress((n + 1 - start) / (stop - start))
        return Clip(out, stop - start, brief.fps, brief.width, brief.height)
