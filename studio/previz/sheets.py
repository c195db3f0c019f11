"""Reference sheets: a character on neutral paper, a location with nobody in it.

python -m studio.previz.sheets docs/previz-sheet.png     every kind of figure, place and set piece, with its label
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from studio.previz.canvas import Canvas
from studio.previz.figure import Moment, Shade
from studio.previz.figures import cast
from studio.previz.film import render_still
from studio.previz.portrait import SIDE, portrait, whole
from studio.story.brief import Brief
from studio.story.catalogue import entries
from studio.story.direction import Direction
from studio.story.document import Character, Location, Look

GROUND = (226, 221, 212)
FACING = {"front": 0.0, "three_quarter": 0.5, "full_body": 0.5}


def character_sheet(character: Character, view: str, genre: str) -> np.ndarray:
    """``(512, 512, 3)`` uint8 RGB: ``front`` and ``three_quarter`` to the chest, ``full_body`` whole."""
    figure = cast(character, genre)
    moment = Moment(0.25, 4.0, facing=FACING[view])
    x0, y1, side = whole(figure, moment) if view == "full_body" else portrait(figure, moment)
    canvas, scale = Canvas(SIDE, SIDE), SIDE / side
    canvas.view = np.array([[scale, 0, -x0 * scale], [0, -scale, y1 * scale]])
    figure.draw(canvas, moment, Shade())
    paper = canvas.pixels()
    through = 1 - paper[..., 3:].astype(np.float32) / 255
    mixed: np.ndarray = (np.array(GROUND) * through + paper[..., :3]).clip(0, 255).astype(np.uint8)
    return mixed


def location_sheet(location: Location, view: str, genre: str, width: int = 832, hour: str = "") -> np.ndarray:
    """``(480, 832, 3)`` uint8 RGB (or narrower): the empty set, ``wide`` or in ``detail``, by day unless an ``hour`` is
    given."""
    size = "wide" if view == "wide" else "medium"
    brief = _brief(location, genre, [], size, width)
    return render_still(brief.model_copy(update={"time_of_day": hour}) if hour else brief)


def _brief(location: Location, genre: str, people: list[Character], size: str, width: int = 832) -> Brief:
    return Brief(
        engine="previz", engine_version="sheet", prompt="", direction=Direction(shot_size=size), characters=people,
        location=location, genre=genre, time_of_day="morning", width=width, height=round(width * 480 / 832 / 2) * 2,
    )  # fmt: skip


def catalogue_sheet() -> np.ndarray:
    """Every kind of figure, place and set piece that previz knows, with its label."""
    cells: list[tuple[np.ndarray, str]] = []
    for family in ("people", "creatures"):
        for kind in entries(family):
            character = Character(id=f"a-{kind}".lower(), name=kind, kind=kind, description=kind, look=Look())
            cells.append((character_sheet(character, "full_body", "drama"), kind))
    for kind in entries("places"):
        location = Location(id=f"the-{kind}".lower(), name=kind, kind=kind, description=kind)
        cells.append((render_still(_brief(location, "drama", [], "wide", 416)), kind))
    for kind in entries("things"):
        room = Location(id="a-room", name="a room", kind="room", description="a room", look={kind: kind})
        picture = render_still(_brief(room, "drama", [], "full"))
        cells.append((np.ascontiguousarray(picture[160:450, 420:760]), kind))  # where the first piece stands
    return _page(cells, columns=12, width=208, height=130)


def _page(cells: list[tuple[np.ndarray, str]], columns: int, width: int, height: int) -> np.ndarray:
    rows = -(-len(cells) // columns)
    page = np.full((rows * (height + 22), columns * (width + 6), 3), 246, np.uint8)
    for n, (picture, label) in enumerate(cells):
        y, x = n // columns * (height + 22), n % columns * (width + 6)
        scale = min(width / picture.shape[1], height / picture.shape[0])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left = x + (width - small.shape[1]) // 2
        page[y : y + small.shape[0], left : left + small.shape[1]] = small
        cv2.putText(page, label, (x + 6, y + height + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return page


if __name__ == "__main__":
    cv2.imwrite(str(Path(sys.argv[1])), catalogue_sheet()[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
