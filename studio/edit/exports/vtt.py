"""WebVTT subtitles, which browsers show."""

from __future__ import annotations

from html import escape
from pathlib import Path

from studio.edit.exports import base


class Export(base.Export):
    """A ``.vtt`` file; who speaks is a voice, so that a page can style it."""

    suffix = ".vtt"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        from studio.edit.exports._subtitles import clock, cues, remarks

        found = cues(delivery)
        blocks = ["WEBVTT\n"]
        for cue in found:
            text = escape("\n".join(cue.lines), quote=False)
            said = f"<v {escape(cue.who, quote=False)}>{text}" if cue.who else text
            blocks.append(f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n{said}\n")
        out.write_text("\n".join(blocks), encoding="utf-8")
        return remarks(found)
