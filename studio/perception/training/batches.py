"""Batches from the rendered groups: frames for the eye, crops of figures for the likeness."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from studio.perception.crops import SEEN, SIDE, figure_crops
from studio.perception.finder import centre, encoded
from studio.perception.questions import QUESTIONS
from studio.perception.studio_clip import pixels
from studio.perception.training.attributes import NONE, attributes
from studio.perception.training.augment import TURNED, lit, mirrored_heads, mirrored_some, turn, turned
from studio.perception.training.outlines import erring, seen
from studio.perception.training.pairs import character_pairs, place_pairs, twins
from studio.perception.training.pictures import MARGIN, STORED, cast, known

CELLS = (32, 18)
"""Columns and rows of the feature maps in which figures are found."""
ERR, RARELY = 0.04, 0.10
"""How much the boxes of figures err, in shares of their size: most of them, and one in five."""


@dataclass
class Scenes:
    """``frames (4·groups, 3, h, w)``, ``places (2·groups·2, 3, h, w)``; pairs are (place, frame, label, weight)."""

    frames: torch.Tensor
    places: torch.Tensor
    pairs: torch.Tensor
    heat: torch.Tensor
    """``(frames, 18, 32)``: 1 where a head is, falling off around it."""
    boxes: torch.Tensor
    """``(frames, 7, 18, 32)``: what the cells about a head must tell; NaN elsewhere."""
    captions: list[str]
    """None where hues are turned: what is said of light and colours is then not true."""
    answers: dict[str, torch.Tensor]


@dataclass
class Figures:
    """``sheets (3·groups, 3, 64, 64, 4)`` and ``figures (8·groups, 2, 64, 64, 4)`` uint8, ``lights (8·groups, 3)``;
    pairs are (sheet, figure, label, weight), ``twins`` (right pair, wrong pair, weight)."""

    sheets: torch.Tensor
    figures: torch.Tensor
    lights: torch.Tensor
    pairs: torch.Tensor
    twins: torch.Tensor
    colours: torch.Tensor
    """``(3·groups, colours, 3)`` of those on the sheets, NaN where there is none."""
    classes: torch.Tensor


class Pictures:
    """The rendered groups of one folder; ``hues`` is the share of batches whose hues are turned."""

    def __init__(self, folder: Path, hues: float = TURNED) -> None:
        self.folder, self.hues = folder, hues
        names = ("full", "frames", "sheets", "places", "lit", "lights")
        self.maps = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
        self.facts = known(folder)
        self.numbers = sorted(self.facts)
        self._attributes: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def chosen(self, rng: np.random.Generator, count: int) -> tuple[list[int], list[dict[str, Any]], np.ndarray]:
        """Numbers and facts of ``count`` random groups, and which moment of each take ``(count, 2, 2)``."""
        chosen = [int(n) for n in rng.choice(self.numbers, count, replace=False)]
        return chosen, [self.facts[n] for n in chosen], rng.integers(0, 2, (count, 2, 2))

    def scenes(self, rng: np.random.Generator, count: int) -> Scenes:
        """``count`` random groups: of each, both shots with the character and with the look-alike."""
        chosen, facts, moments = self.chosen(rng, count)
        which = [(g, s, w) for g in range(count) for s in range(2) for w in range(2)]
        frames = np.stack([self.maps["frames"][chosen[g]][s, w, moments[g, s, w]] for g, s, w in which])
        places = np.concatenate([self.maps["places"][n].reshape(-1, 72, 128, 3) for n in chosen])
        hue, mirror = turn(rng, self.hues), slice(None, None, int(rng.choice((-1, 1))))
        gains = rng.uniform(0.9, 1.1, (len(frames), 1, 1, 1))
        said = [_captions(facts[g]["shots"][s], w, rng) for g, s, w in which]
        answers = {
            question: torch.tensor([list(options).index(facts[g]["shots"][s][question])
                                    if facts[g]["shots"][s][question] in options else -100 for g, s, _ in which])
            for question, options in QUESTIONS.items()
        }  # fmt: skip
        targets = [_targets(facts[g]["shots"][s], w, int(moments[g, s, w])) for g, s, w in which]
        heads = [np.stack(told) for told in zip(*targets, strict=True)]
        if mirror.step < 0:
            heads = list(mirrored_heads(*heads))
        heat, boxes = (torch.from_numpy(told) for told in heads)
        frames = np.clip(turned(frames, hue) * gains, 0, 255).astype(np.uint8)
        return Scenes(
            pixels(frames[:, :, mirror]), pixels(turned(places, hue)[:, :, mirror]), place_pairs(facts, rng),
            heat, boxes, said if hue is None else [], answers,
        )  # fmt: skip

    def figures(self, rng: np.random.Generator, count: int) -> Figures:
        """``count`` random groups: everybody's sheets, and whoever is in both shots and both takes."""
        chosen, facts, moments = self.chosen(rng, count)
        which = [(i, s, w, int(moments[i, s, w])) for i in range(count) for s in range(2) for w in range(2)]
        crops = np.concatenate([self._crops(chosen[i], facts[i]["shots"][s], (s, w, m), rng) for i, s, w, m in which])
        told = [self.maps["lights"][chosen[i]][s, w, m] for i, s, w, m in which]
        lights = np.repeat(told, 2, 0).astype(np.float32)
        sheets = np.concatenate([self.maps["sheets"][n] for n in chosen])
        pairs = character_pairs(facts, moments, rng)
        hue = turn(rng, self.hues)
        crops, lights = lit(mirrored_some(crops, rng), lights, rng)
        colours, classes = self._truth(chosen)
        if hue is not None:
            lights = np.clip(lights @ hue.T, 0, 255)
            colours = (colours @ torch.from_numpy(hue).T).clamp(0, 1)
        return Figures(
            torch.from_numpy(turned(_jittered(sheets, rng, 0.03), hue)), torch.from_numpy(turned(crops, hue)),
            torch.from_numpy(lights), pairs, twins(pairs), colours, classes,
        )  # fmt: skip

    def _crops(self, n: int, shot: dict[str, Any], at: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
        """``(2, 2, 64, 64, 4)``: lead and stranger of one frame, nothing where they are out of sight."""
        crops = np.zeros((2, 2, SIDE, SIDE, 4), np.uint8)
        for who, boxes in seen(shot, at[1], at[2]):
            much = RARELY if rng.uniform() < 0.2 else ERR
            crops[who] = figure_crops(self.maps["full"][n][at], *erring(boxes, rng, much))
        return crops

    def _truth(self, numbers: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Attributes of everybody on these groups' sheets; of a group that was made otherwise, nothing is told."""
        for n in numbers:
            if n not in self._attributes:
                people = cast(n, self.facts[n]["held_out"], self.folder.name)
                same = people[0].description == _who(self.facts[n]["shots"][0])
                colours, classes = (np.stack(told) for told in zip(*map(attributes, people), strict=True))
                self._attributes[n] = (colours, classes) if same else (colours * np.nan, np.full_like(classes, NONE))
        both = zip(*(self._attributes[n] for n in numbers), strict=True)
        colours, classes = (torch.from_numpy(np.concatenate(told)) for told in both)
        return colours, classes


def _who(shot: dict[str, Any]) -> str:
    return str(shot["phrases"]["who"].split(" and ")[0])


def _captions(shot: dict[str, Any], who: int, rng: np.random.Generator) -> str:
    """Two or more of the shot's phrases in a random order."""
    told = dict(shot["phrases"])
    if who:
        told["who"] = told["who"].replace(_who(shot), shot["like"])
    said = list(told.values())
    count = int(rng.integers(2, len(said) + 1))
    return ", ".join(said[i] for i in rng.permutation(len(said))[:count])


def _targets(shot: dict[str, Any], take: int, moment: int) -> tuple[np.ndarray, np.ndarray]:
    """Heat ``(18, 32)`` and box numbers ``(7, 18, 32)`` of the figures whose heads are in the frame."""
    columns, rows = CELLS
    heat, numbers = np.zeros((rows, columns), np.float32), np.full((7, rows, columns), np.nan, np.float32)
    for n, ((x, y), upper, whole) in reversed(list(enumerate(shot["boxes"][take][moment]))):
        column, row = int(x * SEEN[1] / SEEN[0] * columns), int(y * rows)
        if shot["inside"][take][n][moment] < 0.2 or not (0 <= column < columns and 0 <= row < rows):
            continue
        away = (np.arange(columns) - column) ** 2 + (np.arange(rows)[:, None] - row) ** 2
        heat = np.maximum(heat, np.exp(-away / 1.6).astype(np.float32))
        for r in range(max(0, row - 1), min(rows, row + 2)):
            for c in range(max(0, column - 1), min(columns, column + 2)):
                numbers[:, r, c] = encoded(upper, whole, centre(c, r, columns, rows))
    return heat, numbers


def _jittered(crops: np.ndarray, rng: np.random.Generator, much: float) -> np.ndarray:
    """``(n, views, 64, 64, 4)``: stored crops of sheets, cut a little beside where they should be."""
    import cv2

    out = np.empty((*crops.shape[:2], SIDE, SIDE, 4), np.uint8)
    scale = SIDE / STORED * MARGIN
    for n in range(len(crops)):
        for v in range(crops.shape[1]):
            a, b = scale * np.exp(rng.normal(0, much / 2)) * np.exp(rng.normal(0, much / 4, 2))
            dx, dy = rng.normal(0, much / 2, 2) * SIDE
            matrix = np.array([[a, 0, SIDE / 2 - STORED / 2 * a + dx], [0, b, SIDE / 2 - STORED / 2 * b + dy]])
            out[n, v] = cv2.warpAffine(crops[n, v], matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return out
