"""Rendering the training pictures, group by group, into arrays on disk; stops and goes on anywhere.

A group is one character, a look-alike, a stranger, and two shots in two places, each filmed once with the character
and once with the look-alike in exactly the same way. Memory maps, uint8 (crops have RGB and the mask of ``crops``):

sheets  (groups, 3, 3, 80, 80, 4)      character, look-alike, stranger; front, three-quarter, full body
lights  (groups, 2, 2, m, 3)           mean colour of each frame
frames  (groups, 2, 2, m, 144, 256, 3) shot; with the character or the look-alike; moment
places  (groups, 2, 2, 72, 128, 3)     the two places; wide and detail
full    (groups, 2, 2, m, 240, 416, 3) as frames, larger: figures are cropped from these

Two moments of a clip are learned from; to calibrate and to examine there are as many as the critic looks at.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from studio.perception.crops import SEEN, Box, reduced, sheet_crops, whole_box
from studio.perception.sampling import SAMPLED, sampled
from studio.perception.studio_clip import FRAME, PLACE
from studio.perception.training import identities, scenes
from studio.previz.film import Film
from studio.previz.sheets import character_sheet, location_sheet
from studio.story.brief import Brief
from studio.story.document import LIT_HOURS, Character, Location

VIEWS = ("front", "three_quarter", "full_body")
MARGIN, STORED = 1.25, 80
"""Sheets' crops are stored with room for jitter: a quarter larger, at 80 pixels where 64 are looked at."""


def shapes(groups: int, purpose: str) -> dict[str, tuple[int, ...]]:
    """Name of each array of a folder -> its shape."""
    m = 2 if purpose == "train" else SAMPLED
    return {
        "full": (groups, 2, 2, m, SEEN[1], SEEN[0], 3),
        "sheets": (groups, 3, 3, STORED, STORED, 4),
        "lights": (groups, 2, 2, m, 3),
        "frames": (groups, 2, 2, m, FRAME[1], FRAME[0], 3),
        "places": (groups, 2, 2, PLACE[1], PLACE[0], 3),
        "lit": (groups, 2, len(LIT_HOURS), 2, PLACE[1], PLACE[0], 3),
    }


def small(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def cast(seed: int, held_out: bool, purpose: str) -> list[Character]:
    """The character, the look-alike and the stranger of a group."""
    rng = np.random.default_rng([seed, *purpose.encode()])
    one = identities.character(rng, held_out)
    return [one, identities.look_alike(rng, one)[0], identities.character(rng, held_out)]


def group(seed: int, held_out: bool, purpose: str = "train") -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays (without the leading axis) and facts of one group; a pure function of its arguments."""
    # Training sees half-size renderings, four times as many in the same time; all figures come from full ones.
    width = 416 if purpose == "train" else 832
    rng = np.random.default_rng([seed, *purpose.encode()])
    one = identities.character(rng, held_out)
    like, thing = identities.look_alike(rng, one)
    stranger = identities.character(rng, held_out)
    places = [identities.place(rng, held_out) for _ in range(2)]
    if rng.uniform() < 0.3:  # the second place is then a neighbour of the same kind
        places[1] = places[1].model_copy(update={"kind": places[0].kind, "description": places[0].description})
    shots = []
    for place in places:
        with_stranger = rng.uniform() < 0.35
        shots.append(scenes.brief(rng, [one, stranger] if with_stranger else [one], place, held_out, width))
    arrays = {
        "sheets": np.stack([sheet_crops([character_sheet(c, v, shots[0].genre) for v in VIEWS], MARGIN, STORED)
                            for c in (one, like, stranger)]),
        "places": np.stack([_place(p, s.genre, width) for p, s in zip(places, shots, strict=True)]),
        "lit": np.stack([np.stack([_place(p, s.genre, width, hour) for hour in LIT_HOURS])
                         for p, s in zip(places, shots, strict=True)]),
    }  # fmt: skip
    taken = [_takes(shot, like, _moments(shot, purpose)) for shot in shots]
    for name in ("frames", "lights", "full"):
        arrays[name] = np.stack([made[name] for made, _ in taken])
    facts = {
        "seed": seed, "thing": thing, "kind": one.kind, "held_out": held_out,
        "shots": [{**shot.direction.model_dump(), "genre": shot.genre, "time_of_day": shot.time_of_day,
                   "weather": shot.weather, "place": shot.location.kind, "cast": len(shot.characters), **seen,
                   "phrases": scenes.phrases(shot), "like": like.description}
                  for shot, (_, seen) in zip(shots, taken, strict=True)],
    }  # fmt: skip
    return arrays, facts


def _place(place: Location, genre: str, width: int, hour: str = "") -> np.ndarray:
    """``(2, 72, 128, 3)``: a place's pictures, by day unless an ``hour`` is given."""
    return np.stack([small(location_sheet(place, view, genre, width, hour), PLACE) for view in ("wide", "detail")])


def _moments(shot: Brief, purpose: str) -> list[int]:
    if purpose == "train":
        return [round((shot.frames - 1) * s) for s in (0.3, 0.75)]
    return sampled(shot.frames)


def _takes(shot: Brief, like: Character, moments: list[int]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The shot with its character and with the look-alike, at ``moments``: arrays ``(2, m, …)`` and what is known."""
    film = Film(shot)
    films = [film, film.recast([like, *shot.characters[1:]])]
    full = [[film.frame(n) for n in moments] for film in films]
    boxes = [[_boxes(film, n) for n in moments] for film in films]
    arrays = {
        "frames": np.stack([np.stack([small(f, FRAME) for f in row]) for row in full]),
        "full": np.stack([reduced(row) for row in full]),
        "lights": np.stack([np.stack([f.mean((0, 1)) for f in row]) for row in full]).astype(np.uint8),
    }
    seen = [_difference(a, b) for a, b in zip(*full, strict=True)]
    inside = [[[_inside(film, n, who) for n in moments] for who in range(len(shot.characters))] for film in films]
    return arrays, {"difference": seen, "inside": inside, "boxes": boxes}


def _boxes(film: Film, n: int) -> list[tuple[tuple[float, float], Box, Box]]:
    """Head, portrait box and whole box of every figure, in shares of the frame's height."""
    tall = film.brief.height
    found = []
    for (x, y, *square), (_, *corners) in zip(film.portraits(n), film.subjects(n), strict=True):
        left, top, side = (v / tall for v in square)
        outline = [v / tall for v in corners]
        found.append(((x / tall, y / tall), (left, top, left + side, top + side), whole_box(*outline)))
    return found


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    """How much the two frames differ where they differ most: the mean over the worst of 26 × 15 patches."""
    levels = np.abs(a.astype(np.int16) - b).mean(2).astype(np.float32)
    return float(cv2.resize(levels, (26, 15), interpolation=cv2.INTER_AREA).max())


def _inside(film: Film, n: int, who: int) -> float:
    """Share of the figure's head and body that lies in the frame, 0…1."""
    _, x0, y0, x1, y1 = film.subjects(n)[who]
    width, height = film.brief.width, film.brief.height
    across = max(0.0, min(x1, width) - max(x0, 0)) / max(1.0, x1 - x0)
    down = max(0.0, min(y1, height) - max(y0, 0)) / max(1.0, min(y1 - y0, height))
    return float(across * min(1.0, down))


def prepare(folder: Path, groups: int) -> None:
    """Make the arrays where they are not there yet; what is not rendered takes no room on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, shape in shapes(groups, folder.name).items():
        path = folder / f"{name}.npy"
        if not path.is_file():
            np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def known(folder: Path) -> dict[int, dict[str, Any]]:
    """Facts of the groups that are rendered, by number."""
    lines = [line for file in sorted(folder.glob("facts-*.jsonl")) for line in file.read_text().splitlines()]
    return {facts["group"]: facts for facts in map(json.loads, lines)}


def render(folder: Path, groups: int, held_out: bool, part: int = 0, parts: int = 1, first: int = 0) -> None:
    """Render every ``parts``-th group from ``first + part`` to ``groups``; those whose facts are on disk are kept."""
    maps = {name: np.lib.format.open_memmap(folder / f"{name}.npy", mode="r+") for name in shapes(groups, folder.name)}
    done = known(folder)
    with (folder / f"facts-{part}-of-{parts}.jsonl").open("a") as out:
        for n in range(first + part, groups, parts):
            if n in done:
                continue
            arrays, told = group(n, held_out, folder.name)
            for name, array in arrays.items():
                maps[name][n] = array
            out.write(json.dumps({"group": n, **told}) + "\n")
            out.flush()
