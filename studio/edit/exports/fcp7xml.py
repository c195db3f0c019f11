"""Final Cut Pro 7's XML, which Premiere Pro, DaVinci Resolve and many others read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.edit.exports import base


class Export(base.Export):
    """A ``.xml`` file: ``xmeml`` version 4, with the picture's size, a video track and the sound."""

    suffix = ".xml"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        import opentimelineio as otio

        from studio.edit.exports._timeline import check_rate, timeline

        check_rate(delivery, "Final Cut's XML")
        made = timeline(delivery)
        picture = _picture(delivery)
        for clip in made.video_tracks()[0].find_clips():
            # Without this the adapter says that each clip has sound.
            clip.media_reference.metadata["fcp_xml"] = {"media": {"video": picture}}
        made.metadata["fcp_xml"] = {"media": {"video": {"format": picture}}}
        out.write_text(otio.adapters.write_to_string(made, "fcp_xml"), encoding="utf-8")
        return []


def _picture(delivery: base.Delivery) -> dict[str, Any]:
    return {
        "samplecharacteristics": {
            "width": str(delivery.width), "height": str(delivery.height), "pixelaspectratio": "square",
            "fielddominance": "none", "anamorphic": "FALSE",
        }
    }  # fmt: skip
