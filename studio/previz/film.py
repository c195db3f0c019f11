"""A shot as frames: ``Film(brief).frame(n)`` is a pure function of brief and frame number."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from studio.previz.camera import View
from studio.previz.canvas import Canvas
from studio.previz.sets import build_set
from studio.previz.stageset import SKY, Layer
from studio.previz.staging import Role, frame, roles
from studio.previz.weather import air
from studio.story.brief import Brief

TWOS = 12
"""Poses a second: cut-paper film is shot on twos."""
SHADOW = (5, 6, 0.30)
"""Offset and blur in pixels at 480 lines, and strength, of the shadow that paper throws on paper."""


@dataclass
class Sheet:
    """A group of papers as one bitmap: premultiplied colour, what shines through, and the view it was drawn for."""

    colour: np.ndarray
    through: np.ndarray | None
    z: float
    view: View
    margin: int


class Film:
    """One brief, ready to be shown frame by frame."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        cv2.setNumThreads(1)
        self.set = build_set(
            brief.location, brief.genre, brief.style, brief.time_of_day, brief.weather, brief.direction.lighting,
            brief.beat, brief.seed, brief.seconds,
        )  # fmt: skip
        self.roles: list[Role] = roles(brief, self.set)
        self.setup = frame(brief, self.roles)
        self._poses: OrderedDict[int, np.ndarray] = OrderedDict()
        self._moving: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()

    def view(self, n: int) -> View:
        """The camera at frame ``n``."""
        t = n / self.brief.fps
        follow = 0.0
        if self.roles and self.brief.direction.shot_size in ("medium", "medium-close", "close", "extreme-close"):
            follow = self.roles[0].place(t, self.brief.seconds)[0] - self.roles[0].x
        return self.setup.view(n / max(1, self.brief.frames - 1), t, follow)

    @cached_property
    def _middle(self) -> View:
        return self.setup.view(0.5, self.brief.seconds / 2)

    @cached_property
    def _groups(self) -> tuple[list[list[Layer]], list[list[Layer]]]:
        """Papers behind and before the actors, merged where their depths hardly differ."""
        behind: list[list[Layer]] = []
        before: list[list[Layer]] = []
        for layer in self.set.layers:
            home = behind if layer.z >= 0 else before
            joined = (
                home and not layer.animated and not home[-1][-1].animated and _alike(home[-1][-1], layer, self._middle)
            )
            if joined:
                home[-1].append(layer)
            else:
                home.append([layer])
        return behind, before

    @cached_property
    def _sheets(self) -> tuple[list[Sheet | Layer], list[Sheet | Layer]]:
        behind, before = self._groups

        def build(groups: list[list[Layer]]) -> list[Sheet | Layer]:
            return [g[0] if g[0].animated else self._sheet(g) for g in groups if self._middle.scale(g[-1].z) > 0]

        return build(behind), build(before)

    def _matrix(self, view: View, z: float) -> np.ndarray:
        return view.sky() if z == SKY else view.matrix(z)

    def _tone(self, pixels: np.ndarray, z: float) -> np.ndarray:
        """Light and haze on premultiplied RGBA paper at depth ``z``."""
        light, shade = self.set.light, self.set.light.shade
        depth = max(0.0, min(z, 400.0))
        share = 0.0 if z == SKY else 1 - 0.5 ** (depth / light.haze_distance)
        rgb = pixels[..., :3].astype(np.float32)
        alpha = pixels[..., 3:].astype(np.float32)
        if z != SKY:
            amount = shade.amount * (0.75 if z > 1 else 1.0)
            key, ambient = np.array(shade.key[:3]), np.array(shade.ambient[:3])
            rgb = rgb * key * (1 - amount) + alpha * ambient * amount
            # Lit windows and lamps stay lit: what was brightest keeps its own colour.
            bright = (pixels[..., :3].min(2, keepdims=True) > 115) & (pixels[..., :1] > 235)
            rgb = np.where(bright & (amount > 0.15), pixels[..., :3], rgb)
        rgb = rgb * (1 - share) + alpha * np.array(light.haze[:3]) * share
        return np.concatenate([rgb.clip(0, 255), alpha], 2).astype(np.uint8)

    def _sheet(self, group: list[Layer]) -> Sheet:
        """Draw still papers once, larger than the frame by a margin that the camera's move may show."""
        width, height = self.brief.width, self.brief.height
        margin = round(width * (0.03 if self.setup.move == "locked" and not self._follows else 0.16))
        base: np.ndarray | None = None
        for layer in group:
            pixels = self._draw(layer, 0.0, width + 2 * margin, height + 2 * margin, margin)
            base = pixels if base is None else _over(base, pixels, self._shadow if layer.shadow > 0.3 else 0.0)
        assert base is not None
        z = group[len(group) // 2].z if group[0].z != SKY else SKY
        blur = self._defocus(z)
        if blur > 0.4:
            base = cv2.GaussianBlur(base, (0, 0), blur)
        through = None if base[..., 3].min() == 255 else cv2.cvtColor(255 - base[..., 3], cv2.COLOR_GRAY2RGB)
        return Sheet(np.ascontiguousarray(base[..., :3]), through, z, self._middle, margin)

    @property
    def _follows(self) -> bool:
        return bool(self.roles) and self.roles[0].travel != 0

    @property
    def _shadow(self) -> float:
        return SHADOW[2]

    def _defocus(self, z: float) -> float:
        """Blur in pixels of papers far from the plane of focus; longer lenses blur more."""
        if z == SKY:
            return 0.0
        d, f = self.setup.distance, self.setup.focal / self.brief.width
        away = abs(z) / max(0.3, z + d)
        return min(5.0, away * f * 0.9 * self.brief.height / 480)

    def _draw(
        self, layer: Layer, t: float, width: int, height: int, margin: int, view: View | None = None
    ) -> np.ndarray:
        canvas = Canvas(width, height)
        matrix = self._matrix(view or self._middle, layer.z).copy()
        matrix[:, 2] += margin
        canvas.view = matrix
        layer.paint(canvas, t)
        return self._tone(canvas.pixels(), layer.z)

    def _animated(self, layer: Layer, n: int, view: View) -> np.ndarray:
        beat = n * TWOS // round(self.brief.fps)
        locked = self.setup.move == "locked" and not self._follows
        key = (id(layer), beat if locked else n)
        if key not in self._moving:
            self._moving[key] = self._draw(layer, beat / TWOS, self.brief.width, self.brief.height, 0, view)
            while len(self._moving) > 8:
                self._moving.popitem(last=False)
        return self._moving[key]

    def _lay(self, out: np.ndarray, sheet: Sheet | Layer, n: int, view: View) -> np.ndarray:
        if isinstance(sheet, Layer):
            return blend(out, self._animated(sheet, n, view))
        was, now = self._matrix(sheet.view, sheet.z), self._matrix(view, sheet.z)
        k = now[0, 0] / was[0, 0]
        shift = now[:, 2] - k * (was[:, 2] + sheet.margin)
        matrix = np.array([[k, 0, shift[0]], [0, k, shift[1]]])
        size = (out.shape[1], out.shape[0])
        colour = cv2.warpAffine(sheet.colour, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if sheet.through is None:
            return colour
        through = cv2.warpAffine(sheet.through, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return cv2.add(cv2.multiply(out, through, scale=1 / 255), colour)

    def frame(self, n: int) -> np.ndarray:
        """Frame ``n`` as ``(height, width, 3)`` uint8 RGB."""
        view, t = self.view(n), n / self.brief.fps
        out = np.zeros((self.brief.height, self.brief.width, 3), np.uint8)
        behind, before = self._sheets
        for sheet in behind:
            out = self._lay(out, sheet, n, view)
        out = self._figures(out, n, view)
        for sheet in before:
            out = self._lay(out, sheet, n, view)
        out = air(out, self.set, t, view, self.brief.seed)
        flash = any(0 <= n - round(f * self.brief.fps) < 2 for f in self.set.light.flashes)
        return self._grade(out, flash)

    def _figures(self, out: np.ndarray, n: int, view: View) -> np.ndarray:
        if not self.roles:
            return out
        t = (n * TWOS // round(self.brief.fps)) / TWOS
        canvas = Canvas(self.brief.width, self.brief.height)
        shadows = Canvas(self.brief.width, self.brief.height)
        shade = self.set.light.shade
        for role in reversed(self.roles):
            x, y = role.place(t, self.brief.seconds)
            base = view.matrix(0.0)
            shift = np.array([[1.0, 0, x], [0, 1.0, y], [0, 0, 1]])
            canvas.view = base @ shift
            moment = role.moment(t, self.brief.seconds, self.set.wind)
            if y < 0.5 and self.set.medium == "land":
                shadows.view = base @ np.array([[1.0, 0, x], [0, 1.0, 0], [0, 0, 1]])
                lean = 0.25 * self.set.light.shadow_length
                shadows.ellipse(
                    lean,
                    -0.02,
                    role.figure.width * 0.55 + abs(lean),
                    0.09 * role.figure.height,
                    (0.05, 0.05, 0.12, 0.32),
                )
            role.figure.draw(canvas, moment, shade)
        out = blend(out, cv2.GaussianBlur(shadows.pixels(), (0, 0), 3 * self.brief.height / 480))
        paper = canvas.pixels()
        k = self.brief.height / 480
        dx, dy = int(SHADOW[0] * k), int(SHADOW[0] * k * 0.8)
        alpha = cv2.GaussianBlur(np.roll(paper[..., 3], (dy, dx), (0, 1)), (0, 0), SHADOW[1] * k)
        dim = cv2.cvtColor((255 - alpha * SHADOW[2]).astype(np.uint8), cv2.COLOR_GRAY2RGB)
        return blend(cv2.multiply(out, dim, scale=1 / 255), paper)

    @cached_property
    def _finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Vignette (fixed point, 255 is 1) and still grain."""
        height, width = self.brief.height, self.brief.width
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        falloff = 1 - self.set.light.vignette * np.clip((x * x + y * y) / 2, 0, 1) ** 1.3
        grain = np.random.default_rng(11).normal(0, 255 * self.set.light.grain * 0.5, (height, width, 1))
        grain = cv2.GaussianBlur(grain.astype(np.float32), (0, 0), 0.6)[..., None]
        vignette = np.repeat((falloff * 255)[..., None], 3, 2).astype(np.uint8)
        return vignette, np.repeat(np.clip(grain + 8, 0, 16), 3, 2).astype(np.uint8)

    @cached_property
    def _curve(self) -> np.ndarray:
        light = self.set.light
        x = np.arange(256) / 255
        y = ((x - 0.45) * light.contrast + 0.45) * light.exposure
        return (y.clip(0, 1) * 255).astype(np.uint8)

    def _grade(self, out: np.ndarray, flash: bool) -> np.ndarray:
        vignette, grain = self._finish
        out = cv2.LUT(out, self._curve)
        if self.set.light.saturation != 1.0:
            grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            s = self.set.light.saturation
            out = cv2.addWeighted(out, s, grey, 1 - s, 0)
        if flash:
            out = cv2.addWeighted(out, 0.55, np.full_like(out, 245), 0.45, 0)
        out = cv2.multiply(out, vignette, scale=1 / 255)
        return cv2.subtract(cv2.add(out, grain), np.full_like(out, 8))

    def subjects(self, n: int) -> list[tuple[str, float, float, float, float]]:
        """(character id, x0, y0, x1, y1) in pixels of every figure in frame ``n``."""
        view, t = self.view(n), (n * TWOS // round(self.brief.fps)) / TWOS
        found = []
        for role in self.roles:
            x, y = role.place(t, self.brief.seconds)
            marks = role.figure.marks(role.moment(t, self.brief.seconds, self.set.wind))
            m = view.matrix(0.0)
            a, b = m @ [x + marks.left, y + marks.top, 1], m @ [x + marks.right, y, 1]
            found.append((role.id, float(a[0]), float(a[1]), float(b[0]), float(b[1])))
        return found


def _alike(a: Layer, b: Layer, view: View) -> bool:
    """Whether two papers move so nearly alike that one bitmap serves both."""
    if a.z == SKY or b.z == SKY:
        return a.z == b.z
    near, far = view.scale(b.z), view.scale(a.z)
    return near > 0 and far / near > 0.62


def _over(base: np.ndarray, top: np.ndarray, shadow: float) -> np.ndarray:
    """Lay premultiplied RGBA over another, with the soft shadow that it throws."""
    if shadow:
        alpha = cv2.GaussianBlur(np.roll(top[..., 3], (3, 4), (0, 1)), (0, 0), 5)
        keep = (255 - alpha * shadow).astype(np.uint8)
        base = np.dstack(
            [cv2.multiply(base[..., :3], cv2.cvtColor(keep, cv2.COLOR_GRAY2RGB), scale=1 / 255), base[..., 3]]
        )
    through = np.repeat((255 - top[..., 3])[..., None], 4, 2)
    return cv2.add(cv2.multiply(base, through, scale=1 / 255), top)


def blend(out: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Lay premultiplied RGBA over RGB, touching only the rows and columns that it covers."""
    rows = np.flatnonzero(paper[..., 3].any(1))
    if not len(rows):
        return out
    a, b = rows[0], rows[-1] + 1
    part = np.ascontiguousarray(paper[a:b])
    through = cv2.cvtColor(255 - part[..., 3], cv2.COLOR_GRAY2RGB)
    out = out.copy()
    out[a:b] = cv2.add(cv2.multiply(out[a:b], through, scale=1 / 255), np.ascontiguousarray(part[..., :3]))
    return out


def render_still(brief: Brief, share: float = 0.5) -> np.ndarray:
    """One frame of a brief, at ``share`` of its length."""
    return Film(brief).frame(int((brief.frames - 1) * share))
