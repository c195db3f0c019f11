"""OpenTimelineIO's own file: everything that the other editing formats lose."""

from __future__ import annotations

from pathlib import Path

from studio.edit.exports import base


class Export(base.Export):
    """A ``.otio`` file: JSON that DaVinci Resolve, Blender, Kdenlive and OpenTimelineIO read."""

    suffix = ".otio"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        from studio.edit.exports._timeline import timeline

        out.write_text(timeline(delivery).to_json_string() + "\n", encoding="utf-8")
        return []
