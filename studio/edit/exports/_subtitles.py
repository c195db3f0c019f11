"""Subtitles: who says what, and when. Both formats of subtitles write these cues."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.edit.exports.base import Delivery, Placed, plain, speech
from studio.story.document import Shot

LINE, LINES = 42, 2
"""Characters of a line, and lines of a cue, that can be read in passing."""


@dataclass(frozen=True)
class Cue:
    """One subtitle, in milliseconds of the film; ``who`` is empty for the narrator."""

    start: int
    end: int
    lines: Sequence[str]
    who: str = ""


def cues(delivery: Delivery) -> list[Cue]:
    """Every line of narration and dialogue in order, none over another.

    Dialogue shares its shot evenly. Narration runs over the longest part of its scene in which nobody speaks; where
    somebody speaks in every shot, it comes before the first shot's lines.
    """
    found: list[Cue] = []
    shots = delivery.shots()
    for scene in dict.fromkeys(scene.number for _, scene, _ in shots):
        mine = [(placed, shot) for placed, of, shot in shots if of.number == scene]
        narration = plain(next(of for _, of, _ in shots if of.number == scene).narration)
        quiet = _quiet(delivery, mine)
        if narration and quiet:
            found += _shown([("", narration)], quiet[0].first, quiet[-1].last, delivery.fps)
        for placed, shot in mine:
            said = speech(delivery.document, shot)
            if narration and not quiet and shot is mine[0][1]:
                said.insert(0, ("", narration))
            found += _shown(said, placed.first, placed.last, delivery.fps)
    return sorted(found, key=lambda cue: cue.start)


def _quiet(delivery: Delivery, shots: list[tuple[Placed, Shot]]) -> list[Placed]:
    """The longest run of shots without dialogue, the first of equals."""
    runs: list[list[Placed]] = [[]]
    for placed, shot in shots:
        if speech(delivery.document, shot):
            runs.append([])
        else:
            runs[-1].append(placed)
    return max(runs, key=lambda run: sum(placed.frames for placed in run))


def _shown(said: Sequence[tuple[str, str]], first: int, last: int, fps: float) -> Iterator[Cue]:
    """Each utterance gets an equal part of the frames ``first`` … ``last``, each page of it what its length asks."""
    start, end = round(first * 1000 / fps), round(last * 1000 / fps)
    for n, (who, text) in enumerate(said):
        begin, stop = (start + (end - start) * k // len(said) for k in (n, n + 1))
        pages = _pages(text)
        lengths = [sum(map(len, page)) for page in pages]
        for k, page in enumerate(pages):
            a, b = (begin + (stop - begin) * sum(lengths[:m]) // sum(lengths) for m in (k, k + 1))
            if b > a:
                yield Cue(a, b, page, who)


def _pages(text: str) -> list[list[str]]:
    """``text`` in as few cues as hold it, all of about one length: no last word flashes by alone."""
    count = -(-len(textwrap.wrap(text, LINE)) // LINES)
    while True:
        pages = [textwrap.wrap(part, LINE) for part in _even(text, count)]
        if all(len(page) <= LINES for page in pages):
            return [_even(" ".join(page), len(page)) for page in pages]
        count += 1


def _even(text: str, count: int) -> list[str]:
    """``text`` in at most ``count`` parts, broken between words where there are any, the longest as short as can be."""
    width = -(-len(text) // count)
    while len(parts := textwrap.wrap(text, width)) > count:
        width += 1
    return parts


def clock(milliseconds: int, point: str) -> str:
    """HH:MM:SS, ``point`` and thousandths."""
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{thousandths:03d}"


def remarks(found: Sequence[Cue]) -> list[str]:
    """What to tell of a film in which nothing is said."""
    return [] if found else ["the film has neither narration nor dialogue: the subtitles are empty"]
