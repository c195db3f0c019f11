"""A shot as frames: ``Film(brief).frame(n)`` is a pure function of brief and frame number.

Papers that stand still are drawn once and only moved under the camera; what acts is drawn anew twelve times a second
and moved with the camera in between.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from functools import cached_property

import cv2
import numpy as np

from studio.previz.boats import draw_boat
from studio.previz.camera import View
from studio.previz.canvas import Canvas
from studio.previz.figure import Moment
from studio.previz.grade import Grade
from studio.previz.keylight import light_falls, mirrored, modelled
from studio.previz.papers import Papers
from studio.previz.portrait import Square, portrait
from studio.previz.sets import build_set
from studio.previz.shadows import SHADOW, thrown
from studio.previz.sheet import Sheet, bounds, cut, lit, over
from studio.previz.stageset import SKY, Layer
from studio.previz.staging import Role, frame, roles
from studio.previz.weather import air
from studio.story.brief import Brief
from studio.story.document import Character

TWOS = 12
"""Poses a second: cut-paper film is shot on twos."""
TIGHT = ("medium", "medium-close", "close", "extreme-close")


class Film:
    """One brief, ready to be shown frame by frame."""

    def __init__(self, brief: Brief, papers: Papers | None = None) -> None:
        """``papers`` are shared with another process that films the same brief."""
        self.brief, self._papers = brief, papers
        cv2.setNumThreads(1)
        self.set = build_set(
            brief.location, brief.genre, brief.style, brief.time_of_day, brief.weather, brief.direction.lighting,
            brief.beat, brief.seed, brief.seconds,
        )  # fmt: skip
        self.roles: list[Role] = roles(brief, self.set)
        self.setup = frame(brief, self.roles)
        self._drawn: OrderedDict[tuple[int, int], list[Sheet]] = OrderedDict()

    def recast(self, characters: list[Character]) -> Film:
        """The same shot with others in it; the papers that stand still are shared where the camera does the same."""
        film = Film(self.brief.model_copy(update={"characters": characters}))
        if film.setup == self.setup and film._locked == self._locked:
            film.__dict__["_stills"] = self._stills
        return film

    def view(self, n: int) -> View:
        """The camera at frame ``n``."""
        t = n / self.brief.fps
        follow = 0.0
        if self.roles and self.brief.direction.shot_size in TIGHT:
            follow = self.roles[0].place(t, self.brief.seconds)[0] - self.roles[0].x
        return self.setup.view(n / max(1, self.brief.frames - 1), t, follow)

    @cached_property
    def _locked(self) -> bool:
        return self.setup.move == "locked" and not (self.roles and self.roles[0].travel != 0)

    @cached_property
    def _middle(self) -> View:
        return self.view(0) if self._locked else self.setup.view(0.5, self.brief.seconds / 2)

    @cached_property
    def _stills(self) -> tuple[list[Sheet | Layer], list[Sheet | Layer]]:
        """Papers behind and before the actors; still ones are bitmaps, merged where their depths hardly differ."""
        groups: tuple[list[list[Layer]], list[list[Layer]]] = ([], [])
        for layer in self.set.layers:
            if self._middle.scale(layer.z) <= 0:
                continue  # behind the camera
            home = groups[layer.z < 0 and not _lies(layer)]  # no floor hides who stands on it
            if home and not layer.animated and not home[-1][-1].animated and self._alike(home[-1][-1], layer):
                home[-1].append(layer)
            else:
                home.append([layer])
        still = [group for side in groups for group in side if not group[0].animated]
        painted = iter(self._papers.sheets(still, self._still) if self._papers else map(self._still, still))
        behind, before = ([g[0] if g[0].animated else next(painted) for g in side] for side in groups)
        return [*(s for s in behind if s), *self._reflections()], [s for s in before if s]

    def _reflections(self) -> list[Sheet]:
        """What a wet floor shows of the papers that stand behind the actors."""
        wet, margin, k = self.set.light.wet, 0 if self._locked else 48, self.brief.height / 480
        standing = [y for y in self.set.layers if wet and 0 < y.z < 40 and not _lies(y)]
        found = (
            mirrored(self._paint(y, 0.0, self._middle, margin), _inset(self._middle, y.z, margin), y.z, wet, k)
            for y in standing
        )
        return [sheet for sheet in found if sheet]

    def _alike(self, a: Layer, b: Layer) -> bool:
        """Whether two papers move so nearly alike that one bitmap serves both."""
        if self._locked or a.z == SKY or b.z == SKY:
            return self._locked or a.z == b.z
        near, far = self._middle.scale(b.z), self._middle.scale(a.z)
        return near > 0 and far / near > 0.62

    def _still(self, group: list[Layer]) -> Sheet | None:
        margin = 0 if self._locked else round(self.brief.width * 0.16)
        base: np.ndarray | None = None
        for layer in group:
            paper = self._paint(layer, 0.0, self._middle, margin)
            base = paper if base is None else over(base, paper, SHADOW[2] if layer.shadow > 0.3 else 0.0)
        assert base is not None
        z = group[0].z if group[0].z == SKY else group[len(group) // 2].z
        return cut(self._soft(base, z), _inset(self._middle, z, margin), z, solid=group[0].z == SKY)

    def _soft(self, paper: np.ndarray, z: float) -> np.ndarray:
        """Blur (in place) of papers far from the plane of focus; longer lenses blur more."""
        if z == SKY:
            return paper
        away = abs(z) / max(0.3, z + self.setup.distance)
        blur = min(5.0, away * self.setup.focal / self.brief.width * 0.9 * self.brief.height / 480)
        if blur > 0.4:
            x, y, w, h = bounds(paper, int(3 * blur) + 2)
            part = paper[y : y + h, x : x + w]
            part[...] = cv2.GaussianBlur(part, (0, 0), blur) if w else part
        return paper

    def _paint(self, layer: Layer, t: float, view: View, margin: int) -> np.ndarray:
        canvas = Canvas(self.brief.width + 2 * margin, self.brief.height + 2 * margin)
        canvas.view = _inset(view, layer.z, margin)
        layer.paint(canvas, t)
        paper = canvas.pixels()
        if not layer.glow:  # light takes no colour from other light
            paper = lit(paper, layer.z, self.set.light)
        hard = self.set.light.hard
        return light_falls(paper, hard, view, layer.z, margin, _lies(layer)) if hard else paper

    def _beat(self, n: int) -> tuple[int, float, View]:
        """The pose that frame ``n`` shows: its number, its time, and the camera when it was struck."""
        step = max(1, round(self.brief.fps) // TWOS)
        beat = n // step
        return beat, beat * step / self.brief.fps, self.view(beat * step)

    def _acting(self, name: int, n: int, layer: Layer | None) -> list[Sheet]:
        """What moves by itself as bitmaps, drawn when its pose is struck; ``layer`` None means the figures."""
        beat, t, view = self._beat(n)
        key = (name, beat)
        if key not in self._drawn:
            if layer is None:
                self._drawn[key] = self._figures(t, view)
            else:
                margin = 0 if self._locked else 24
                sheet = cut(self._paint(layer, t, view, margin), _inset(view, layer.z, margin), layer.z)
                self._drawn[key] = [sheet] if sheet else []
            while len(self._drawn) > 24:
                self._drawn.popitem(last=False)
        return self._drawn[key]

    def frame(self, n: int) -> np.ndarray:
        """Frame ``n`` as ``(height, width, 3)`` uint8 RGB."""
        view = self.view(n)
        out = np.zeros((self.brief.height, self.brief.width, 3), np.uint8)
        below, seen = self.brief.height, []
        for sheet, matrix, still in reversed(list(self._sheets(n, view))):
            seen.append((sheet, matrix, below))
            if still:  # what acts is drawn anew too often to be searched for what it hides
                below = min(below, sheet.hides_from(matrix, self.brief.width, self.brief.height))
        for sheet, matrix, rows in reversed(seen):
            sheet.lay(out, matrix, rows)
        out = air(out, self.set, n / self.brief.fps, view, self.brief.seed)
        flash = any(0 <= n - round(f * self.brief.fps) < 2 for f in self.set.light.flashes)
        return self._grade(out, flash)

    def _sheets(self, n: int, view: View) -> Iterator[tuple[Sheet, np.ndarray, bool]]:
        """The sheets of frame ``n`` from the back to the front, where each lies, and whether it stands still."""
        behind, before = self._stills
        for first, side in ((0, behind), (1000, before)):
            for name, sheet in enumerate(side, first):
                drawn = self._acting(name, n, sheet) if isinstance(sheet, Layer) else [sheet]
                yield from ((one, _matrix(view, sheet.z), one is sheet) for one in drawn)
            if side is behind and self.roles:
                yield from ((one, view.matrix(0.0), False) for one in self._acting(-1, n, None))

    @cached_property
    def _grade(self) -> Grade:
        return Grade(self.set.light, self.brief.width, self.brief.height)

    def _figures(self, t: float, view: View) -> list[Sheet]:
        """The shadows on the floor, the soft shadow behind the puppets, and the puppets."""
        margin = 0 if self._locked else 16
        width, height = self.brief.width + 2 * margin, self.brief.height + 2 * margin
        puppets, floor = Canvas(width, height), Canvas(width // 4, height // 4)
        inset = _inset(view, 0.0, margin)
        for role in reversed(self.roles):
            x, y = role.place(t, self.brief.seconds)
            if y < 0.5 and self.set.medium == "land":
                floor.view = _moved(inset, x, 0.0) / 4
                self._cast_shadow(floor, role)
            puppets.view = _moved(inset, x, y)
            role.figure.draw(puppets, role.moment(t, self.brief.seconds, self.set.wind), self.set.light.shade)
        self._boat(puppets, inset, t)
        k = self.brief.height / 480
        dark = cv2.resize(cv2.GaussianBlur(floor.pixels(), (0, 0), 0.8 * k), (width, height))
        paper = puppets.pixels()
        if self.set.light.hard:
            paper = modelled(paper, self.set.light.hard, view.scale(0.0))
        wet = mirrored(paper, inset, 0.0, self.set.light.wet, k) if self.set.light.wet else None
        found = [wet, cut(dark, inset), thrown(paper, inset, k), cut(paper, inset)]
        return [sheet for sheet in found if sheet]

    def _boat(self, puppets: Canvas, inset: np.ndarray, t: float) -> None:
        aboard = [role for role in self.roles if role.aboard]
        if aboard:
            places = [role.place(t, self.brief.seconds) for role in aboard]
            puppets.view = _moved(inset, 0.0, places[0][1])
            draw_boat(puppets, self.set.light.shade, [x for x, _ in places], aboard[0].facing > 0)

    def _cast_shadow(self, floor: Canvas, role: Role) -> None:
        lean = 0.25 * self.set.light.shadow_length
        reach = role.figure.width * 0.55 + abs(lean)
        floor.ellipse(lean, -0.02, reach, 0.09 * role.figure.height, (0.05, 0.05, 0.12, 0.32))

    def subjects(self, n: int) -> list[tuple[str, float, float, float, float]]:
        """(character id, x0, y0, x1, y1) in pixels of every figure in frame ``n``."""
        view = self.view(n)
        _, t, _ = self._beat(n)
        found = []
        for role in self.roles:
            x, y = role.place(t, self.brief.seconds)
            marks = role.figure.marks(role.moment(t, self.brief.seconds, self.set.wind))
            m = view.matrix(0.0)
            a, b = m @ [x + marks.left, y + marks.top, 1], m @ [x + marks.right, y, 1]
            found.append((role.id, float(a[0]), float(a[1]), float(b[0]), float(b[1])))
        return found

    def portraits(self, n: int) -> list[tuple[float, float, float, float, float]]:
        """(head's x, head's y, left, top, side) in pixels of every figure in frame ``n``: the square that a portrait on
        its reference sheet shows."""
        view = self.view(n)
        _, t, _ = self._beat(n)
        m, found = view.matrix(0.0), []
        for role, (west, up, side) in zip(self.roles, self._squares, strict=True):
            x, y = role.place(t, self.brief.seconds)
            hx, hy, _ = role.figure.marks(role.moment(t, self.brief.seconds, self.set.wind)).head
            head, corner, end = (
                m @ [x + hx + dx, y + hy + dy, 1] for dx, dy in ((0, 0), (west, up), (west + side, up))
            )
            found.append(
                (float(head[0]), float(head[1]), float(corner[0]), float(corner[1]), float(end[0] - corner[0]))
            )
        return found

    @cached_property
    def _squares(self) -> list[Square]:
        """Each figure's portrait square, from its head: mirrored where the figure looks left."""
        squares = []
        for role in self.roles:
            rest = Moment(0.25, 4.0, facing=0.5)
            x, y, _ = role.figure.marks(rest).head
            left, top, side = portrait(role.figure, rest)
            squares.append((left - x if role.facing >= 0 else x - left - side, top - y, side))
        return squares


def _lies(layer: Layer) -> bool:
    """Whether a paper is a part of the floor."""
    return layer.name.startswith("floor")


def _matrix(view: View, z: float) -> np.ndarray:
    return view.sky() if z == SKY else view.matrix(z)


def _inset(view: View, z: float, margin: int) -> np.ndarray:
    """The view's matrix for a canvas that is larger than the frame by ``margin`` on every side."""
    matrix = _matrix(view, z).copy()
    matrix[:, 2] += margin
    return matrix


def _moved(matrix: np.ndarray, x: float, y: float) -> np.ndarray:
    return matrix @ np.array([[1.0, 0, x], [0, 1.0, y], [0, 0, 1]])


def render_still(brief: Brief, share: float = 0.5) -> np.ndarray:
    """One frame of a brief, at ``share`` of its length."""
    return Film(brief).frame(int((brief.frames - 1) * share))
