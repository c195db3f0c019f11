"""An edit decision list in CMX3600's form: one video track, told by time codes from 00:00:00:00."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from studio.edit.exports import base
from studio.errors import BadInput

if TYPE_CHECKING:
    import opentimelineio as otio

TITLE, EVENTS = 70, 999
"""Characters of a title, and events of a list, that every reader takes."""


class Export(base.Export):
    """A ``.edl`` file: the pictures alone. A dissolve begins at its cut here, and not in its middle: the format knows
    no other."""

    suffix = ".edl"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        import opentimelineio as otio

        from studio.edit.exports._timeline import check_rate, timeline

        check_rate(delivery, "an EDL")
        if len(delivery.pieces) > EVENTS:
            raise BadInput(f"an EDL holds {EVENTS} events, {delivery.name} has {len(delivery.pieces)}; export to otio")
        made = timeline(delivery, sound=False)
        made.name = made.name[:TITLE]
        _name_reels(made, delivery)
        text = otio.adapters.write_to_string(made, "cmx_3600", rate=delivery.fps)
        out.write_text(_mended(text), encoding="utf-8")
        return ["an EDL holds no sound; --to otio and --to fcp7xml do"] if delivery.sound else []


def _name_reels(made: otio.schema.Timeline, delivery: base.Delivery) -> None:
    """A reel of at most eight characters for each clip: scene, shot and take, or the event's number."""
    for number, (clip, piece) in enumerate(zip(made.find_clips(), delivery.pieces, strict=True), 1):
        told = f"{piece.scene.number:02d}{piece.shot.number:02d}T{piece.take}" if piece.scene and piece.shot else ""
        reel = told or piece.name.upper()
        clip.metadata["cmx_3600"] = {"reel": reel if len(reel) <= 8 else f"EV{number:03d}"}


def _mended(text: str) -> str:
    """The adapter's list, each clip with its own markers and its own file.

    In a dissolve the adapter repeats the markers of the clip that leaves, and reads that clip's file for both.
    """
    cuts = re.split(r"(?m)^(?=\d{3}  .{8} V     C )", text)  # a dissolve is a cut of no length and a second line
    return "".join(map(_mended_event, cuts))


def _mended_event(event: str) -> str:
    leaving, *coming = re.split(r"(?m)^(?=\* TO CLIP NAME:)", event, maxsplit=1)
    if not coming:
        return event
    named = re.sub(r"(?m)^\* TO CLIP: (.*)$", r"\g<0>\n* OTIO REFERENCE TO: \1", coming[0])
    return re.sub(r"(?m)^\* LOC: .*\n", "", leaving) + named
