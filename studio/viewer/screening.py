"""One production as a screening shows it: scenes, shots and takes, from the rows of the memory and its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from studio.crew import cards
from studio.crew.conforming import film_rate
from studio.edit.conform import length
from studio.memory.tables import Take
from studio.story.document import CreativeDocument, Scene, Shot
from studio.viewer.library import Record
from studio.viewer.media import Vault
from studio.viewer.report import Told, read_report
from studio.viewer.shelf import short, standing


@dataclass(frozen=True)
class Term:
    """A reward term of a take; ``value`` None means not applicable."""

    name: str
    value: float | None
    weight: float

    @property
    def share(self) -> float:
        """What the term adds to the reward."""
        return (self.value or 0.0) * self.weight


@dataclass(frozen=True)
class TakeView:
    """A take with all that is known of it."""

    row: Take
    brief: dict[str, Any]
    circled: bool
    present: bool
    """Whether its clip is there to be played."""

    @property
    def slate(self) -> str:
        """What editors call it: sc01_sh02_tk3."""
        return f"sc{self.row.scene:02d}_sh{self.row.shot:02d}_tk{self.row.number}"

    @property
    def data(self) -> dict[str, Any]:
        return self.row.data if isinstance(self.row.data, dict) else {}

    def part(self, name: str) -> dict[str, Any]:
        """A part of the take's data that is a dictionary; empty where it is missing."""
        value = self.data.get(name)
        return value if isinstance(value, dict) else {}

    @property
    def terms(self) -> list[Term]:
        reward = self.part("reward")
        weights = reward.get("weights") or {}
        return [Term(name, value, weights.get(name, 0.0)) for name, value in (reward.get("terms") or {}).items()]

    @property
    def notes(self) -> list[str]:
        return list(self.part("critic").get("notes") or [])

    @property
    def health(self) -> dict[str, float]:
        """The policy update that this take caused, by figure."""
        return {key: value for key, value in self.part("policy_update").items() if isinstance(value, int | float)}

    @property
    def fps(self) -> float:
        return float(self.brief.get("fps") or 24.0)

    @property
    def provenance(self) -> list[tuple[str, str]]:
        """Where the take comes from: names and hashes."""
        brief, row = self.brief, self.row
        engine = " ".join(filter(None, (brief.get("engine"), brief.get("engine_version"))))
        known = [
            ("key of the brief", row.key), ("sha256 of the clip", row.sha256), ("engine", engine),
            ("weights", brief.get("weights")), ("directed by policy", self.data.get("policy_parent")),
            ("policy after this take", row.policy_version), ("first frame", brief.get("first_frame")),
            *((f"reference {label}", sha256) for label, sha256 in (brief.get("references") or {}).items()),
        ]  # fmt: skip
        return [(name, str(value)) for name, value in known if value]


@dataclass(frozen=True)
class ShotView:
    """A shot with its takes; ``start`` is its first frame in the film, ``end`` the one after its last, in frames of
    the film; None where it is not in it. The first ``overlap`` frames dissolve from the shot before."""

    number: int
    plan: Shot | None
    takes: list[TakeView]
    start: int | None = None
    end: int | None = None
    overlap: int = 0

    @property
    def circle(self) -> TakeView | None:
        return next((take for take in self.takes if take.circled), None)

    @property
    def frames(self) -> int:
        shown = self.circle or (self.takes[-1] if self.takes else None)
        return int(shown.brief.get("frames") or 0) if shown else 0


@dataclass(frozen=True)
class SceneView:
    """A scene with its shots."""

    number: int
    plan: Scene | None
    shots: list[ShotView]


@dataclass(frozen=True)
class Screening:
    """All that the pages of a production show."""

    record: Record
    state: str
    document: CreativeDocument | None
    scenes: list[SceneView]
    film: bool
    seconds: float | None
    fps: float
    report: Told
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.record.production.name

    @property
    def title(self) -> str:
        return self.document.title if self.document else self.name

    @property
    def settings(self) -> dict[str, Any]:
        settings = self.record.production.slate.get("settings")
        return settings if isinstance(settings, dict) else {}

    @property
    def threshold(self) -> float | None:
        """The reward from which a take is accepted."""
        rl = self.settings.get("rl")
        value = rl.get("reward_threshold") if isinstance(rl, dict) else None
        return float(value) if isinstance(value, int | float) else None

    @property
    def outline(self) -> str:
        """A short name for which scenes and shots there are."""
        return short([(scene.number, shot.number) for scene, shot in self.shots()])

    @property
    def film_version(self) -> str:
        """Which cut the film is, or which take stands for it."""
        if self.film:
            return f"cut-{self.record.cuts[-1].id if self.record.cuts else 0}"
        return f"{self.state}-{self.newest.row.id if self.newest else 0}"

    @property
    def newest(self) -> TakeView | None:
        """The take that was made last, of those whose clips are there."""
        there = [take for _scene, shot in self.shots() for take in shot.takes if take.present]
        return max(there, key=lambda take: take.row.id or 0, default=None)

    def shots(self) -> Iterator[tuple[SceneView, ShotView]]:
        for scene in self.scenes:
            for shot in scene.shots:
                yield scene, shot

    def takes(self) -> list[TakeView]:
        """All takes in the order in which they were learnt from."""
        found = [take for _scene, shot in self.shots() for take in shot.takes]
        return sorted(found, key=lambda t: (t.data.get("cut") or 0, t.row.scene, t.row.shot, t.row.number))

    def take(self, id: int) -> TakeView | None:
        return next((take for take in self.takes() if take.row.id == id), None)

    def remarks(self, kind: str) -> list[str]:
        return [remark.text for remark in self.record.remarks if remark.kind == kind]

    @property
    def best(self) -> TakeView | None:
        """The circle take with the highest reward: the film's poster."""
        circled = [shot.circle for _scene, shot in self.shots() if shot.circle and shot.circle.present]
        return max(circled, key=lambda take: take.row.reward or 0.0, default=None)

    @property
    def reward(self) -> float | None:
        """Mean reward of the circle takes."""
        rewards = [shot.circle.row.reward for _scene, shot in self.shots() if shot.circle]
        known = [reward for reward in rewards if reward is not None]
        return sum(known) / len(known) if known else None


def screen(record: Record, vault: Vault) -> Screening:
    """Put a production together for the screen; whatever is missing or broken is said, never raised."""
    row, problems = record.production, []
    state, film = standing(vault, row.name, row.status), vault.film(row) is not None
    document = None
    if record.plan:
        try:
            document = CreativeDocument.model_validate(record.plan)
        except (ValidationError, ValueError):
            problems.append("The plan is not one that this version of Studio reads; shots are listed by their numbers.")
    report = read_report(vault.folder(row.name))
    problems += [report.problem] if report.problem else []
    if row.status == "finished" and not film and state != "lost":
        problems.append(f"film.mp4 is missing; `studio resume {row.name}` cuts it again.")
    scenes = _scenes(record, vault, document)
    fps = next((_film_rate(record, take) for scene in scenes for shot in scene.shots for take in shot.takes), 24.0)
    seconds = record.cuts[-1].frames / fps if record.cuts else None
    return Screening(record, state, document, scenes, film, seconds, fps, report, problems)


def _scenes(record: Record, vault: Vault, document: CreativeDocument | None) -> list[SceneView]:
    """The planned scenes; where there is no plan, those that takes tell of."""
    takes: dict[tuple[int, int], list[TakeView]] = {}
    for row in record.takes:
        circled = record.circles.get((row.scene, row.shot)) == row.number
        view = TakeView(row, record.briefs.get(row.key, {}), circled, vault.take(row) is not None)
        takes.setdefault((row.scene, row.shot), []).append(view)
    planned: dict[int, tuple[Scene | None, dict[int, Shot | None]]] = {}
    for scene in document.scenes if document else []:
        planned[scene.number] = (scene, {shot.number: shot for shot in scene.shots})
    for number, shot_number in takes:
        planned.setdefault(number, (None, {}))[1].setdefault(shot_number, None)
    scenes = [
        SceneView(number, plan, [ShotView(n, shot, takes.get((number, n), [])) for n, shot in shots.items()])
        for number, (plan, shots) in planned.items()
    ]
    return _placed(scenes, record)


def _configured(record: Record) -> dict[str, Any]:
    """The section ``[production]`` that the film is made with."""
    settings: Any = record.production.slate.get("settings") or {}
    return dict(settings.get("production") or {})


def _film_rate(record: Record, take: TakeView) -> float:
    return film_rate(_configured(record), {"fps": take.fps})


def _placed(scenes: list[SceneView], record: Record) -> list[SceneView]:
    """The same scenes with each shot's place in the film, where the newest cut is made of just these circles."""
    shots = [shot for scene in scenes for shot in scene.shots]
    circles = [shot.circle for shot in shots]
    if not record.cuts or not shots or not all(take and shot.frames for take, shot in zip(circles, shots, strict=True)):
        return scenes
    fps = next(_film_rate(record, take) for take in circles if take)
    dissolve = round(float(_configured(record).get("crossfade_seconds", 0.5)) * fps)
    end, placed = round(cards.SECONDS * fps), []
    for scene in scenes:
        moved = []
        for shot in scene.shots:
            overlap = dissolve if shot is scene.shots[0] else 0
            start = end - overlap
            end = start + length(shot.frames, shot.circle.fps if shot.circle else fps, fps)
            moved.append(ShotView(shot.number, shot.plan, shot.takes, start, end, overlap))
        placed.append(SceneView(scene.number, scene.plan, moved))
    whole = end + round(cards.SECONDS * fps) - dissolve
    return placed if whole == record.cuts[-1].frames else scenes
