"""SubRip subtitles, which every player shows."""

from __future__ import annotations

from pathlib import Path

from studio.edit.exports import base

LOOKALIKES = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})
"""SubRip knows no escape: players take <i> and {\\an8} for orders, and --> for a time."""


class Export(base.Export):
    """A ``.srt`` file in UTF-8; a name opens each cue of dialogue."""

    suffix = ".srt"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        from studio.edit.exports._subtitles import clock, cues, remarks

        found = cues(delivery)
        blocks = []
        for number, cue in enumerate(found, 1):
            text = "\n".join(cue.lines)
            said = f"{cue.who}: {text}" if cue.who else text
            blocks.append(
                f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{said.translate(LOOKALIKES)}\n"
            )
        out.write_text("\n".join(blocks), encoding="utf-8")
        return remarks(found)
