"""The report's writer: from the rows of the memory to one validated report.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studio.memory.store import Memory
from studio.memory.tables import Take
from studio.report.schema import (
    CutReport,
    Licences,
    Point,
    ProductionReport,
    Report,
    SceneReport,
    ShotReport,
    SoundReport,
    TakeReport,
    Totals,
)
from studio.story.document import CreativeDocument


@dataclass(frozen=True)
class Facts:
    """What the report needs beside the memory."""

    production: ProductionReport
    licences: Licences
    seconds: dict[str, float]
    files: dict[str, str]
    sound: dict[str, Any] | None = None
    tokens: int = 0
    cost: float | None = 0.0


def build(memory: Memory, document: CreativeDocument, facts: Facts) -> Report:
    """Assemble the report of a production."""
    name = facts.production.name
    takes, circles = memory.takes(name), memory.circles(name)

    def shot_report(scene: int, shot: int, seconds_frames: int) -> ShotReport:
        mine = [take for take in takes if (take.scene, take.shot) == (scene, shot)]
        circle = circles.get((scene, shot))
        return ShotReport(
            number=shot, frames=seconds_frames, circle_take=circle.number if circle else None,
            takes=[take_report(take) for take in mine],
        )  # fmt: skip

    frames = _frames(memory, takes)
    scenes = [
        SceneReport(
            number=scene.number, title=scene.title, kind=scene.kind, location=scene.location,
            characters=scene.characters,
            shots=[
                shot_report(scene.number, shot.number, frames.get((scene.number, shot.number), 0))
                for shot in scene.shots
            ],
        )
        for scene in document.scenes
    ]  # fmt: skip
    curve = [
        Point(scene=t.scene, shot=t.shot, take=t.number, reward=t.reward, accepted=t.accepted)
        for t in sorted(takes, key=lambda t: (t.data["cut"], t.scene, t.shot, t.number))
    ]
    cached = sum(bool(take.data["cached"]) for take in takes)
    return Report(
        production=facts.production, scenes=scenes, reward_curve=curve,
        retakes=len(takes) - len({(t.scene, t.shot) for t in takes}),
        cuts=[CutReport(**cut.model_dump(exclude={"id", "production"})) for cut in memory.cuts(name)],
        sound=SoundReport(**facts.sound) if facts.sound else None,
        totals=Totals(
            takes=len(takes), rendered=len(takes) - cached, cached=cached, tokens=facts.tokens, cost=facts.cost,
            seconds_by_stage={k: round(v, 2) for k, v in sorted(facts.seconds.items())},
        ),
        licences=facts.licences, continuity=[fact.text for fact in memory.facts(name)],
        fallbacks=memory.remarks(name, "fallback"), warnings=memory.remarks(name, "warning"), files=facts.files,
    )  # fmt: skip


def take_report(take: Take) -> TakeReport:
    """A take's row as the report shows it."""
    known: dict[str, Any] = {k: v for k, v in take.data.items() if k in TakeReport.model_fields}
    if known["policy_update"]:
        fields = ("version", "kl", "policy_loss", "value_loss", "entropy", "clip_fraction", "explained_variance")
        known["policy_update"] = {k: known["policy_update"][k] for k in fields}
    return TakeReport(**known)


def _frames(memory: Memory, takes: list[Take]) -> dict[tuple[int, int], int]:
    """(scene, shot) -> frames, from the brief of its last take."""
    found = {}
    for take in takes:
        brief = memory.recall("brief", {"key": take.key})
        found[(take.scene, take.shot)] = int(brief["frames"])
    return found
