"""Frames a second a core of the previz engine on a mix of shots, without encoding.

    python benchmarks/previz.py

The mix has every kind of camera move, five sizes, one to three figures, rain, snow, fog and a storm. ``first`` is what a
film costs before its second frame: its set is built and its still papers are drawn.
"""

from __future__ import annotations

import time

from rich.console import Console
from rich.table import Table

from studio.previz.film import Film
from studio.story.brief import Brief
from studio.story.direction import Direction
from studio.story.document import Character, Location, Look


def _who(kind: str, name: str, **look: object) -> Character:
    return Character(
        id=f"the-{name.replace(' ', '-')}", name=f"the {name}", kind=kind, description=name, look=Look(**look)
    )


KEEPER = _who("person", "lighthouse keeper", hair="short grey beard", clothes=["navy sweater", "yellow raincoat"])
GIRL, ROBOT = _who("person", "girl", age="child"), _who("robot", "robot")
DOG, WHALE = _who("dog", "dog"), _who("whale", "whale")
SHOTS: tuple[tuple[list[Character], str, str, str, str, str, str], ...] = (
    ([KEEPER], "lighthouse", "dusk", "storm", "wide", "push-in", "walks"),
    ([KEEPER, ROBOT], "rooftop", "night", "clear", "medium", "pan-left", "talks"),
    ([GIRL, DOG], "forest", "morning", "fog", "full", "track", "runs"),
    ([KEEPER], "street", "night", "rain", "close", "locked", "looks"),
    ([WHALE], "underwater", "noon", "clear", "full", "pull-out", "swims"),
    ([], "mountain", "dawn", "snow", "extreme-wide", "pan-right", ""),
    ([ROBOT, GIRL], "kitchen", "afternoon", "clear", "medium", "handheld", "gives"),
    ([KEEPER, GIRL, DOG], "field", "afternoon", "wind", "wide", "crane", "walks"),
)


def main() -> None:
    table = Table("place", "size", "move", "figures", "first, ms", "frames/s")
    frames, seconds = 0, 0.0
    for cast, place, hour, weather, size, move, action in SHOTS:
        brief = Brief(
            engine="previz", engine_version="benchmark", prompt="", frames=96, seed=5, characters=cast, action=action,
            direction=Direction(shot_size=size, camera_move=move), time_of_day=hour, weather=weather,
            location=Location(id=place, name=place, kind=place, description=place),
        )  # fmt: skip
        started = time.perf_counter()
        film = Film(brief)
        film.frame(0)
        first = time.perf_counter() - started
        started = time.perf_counter()
        for n in range(brief.frames):
            film.frame(n)
        took = time.perf_counter() - started
        frames, seconds = frames + brief.frames, seconds + took
        table.add_row(place, size, move, str(len(cast)), f"{first * 1000:.0f}", f"{brief.frames / took:.0f}")
    console = Console()
    console.print(table)
    console.print(f"all: {frames / seconds:.0f} frames a second on one core")


if __name__ == "__main__":
    main()
