"""The editor's assistant gathers the takes for a screening: every take in order, its clip checked again."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.crew.editor import checked_clip
from studio.crew.played import Played, played, whole
from studio.crew.production import Production
from studio.errors import BadInput, EngineFailed

if TYPE_CHECKING:
    from studio.edit.preview import Dailies, Progress, Roll, Screened
    from studio.memory.tables import Take

TOLD = ("shot_size", "angle", "camera_move", "lighting")
"""The slots of a direction that a picture can be compared with."""


def also_played(production: Production, scene: int | None = None, circled: bool = False) -> list[Played]:
    """The played takes to screen after those of the shots: none where a scene or the circle takes are asked for."""
    return [] if scene is not None or circled else played(production.folder)


def chosen(production: Production, scene: int | None = None, circled: bool = False) -> list[Take]:
    """The takes to screen, in order of scene, shot and number; raises BadInput where there are none, and nothing was
    played."""
    memory, name = production.memory, production.name
    takes = memory.takes(name)
    if not takes and also_played(production, scene, circled):
        return []
    if not takes:
        raise BadInput(f"{name} has no takes yet; `studio resume {name}` shoots them")
    if scene is not None:
        planned = [s.number for s in production.document.scenes]
        if scene not in planned:
            raise BadInput(f"--scene {scene}: {name} has no such scene; there are: {', '.join(map(str, planned))}")
        takes = [take for take in takes if take.scene == scene]
    if circled:
        takes = [take for take in takes if is_circled(production, take)]
    if not takes:
        where = f"scene {scene} of {name}" if scene is not None else name
        kind = "circle takes" if circled else "takes"
        raise BadInput(f"{where} has no {kind} yet; `studio resume {name}` goes on shooting")
    return takes


def is_circled(production: Production, take: Take) -> bool:
    """Whether the film shows this take."""
    circle = production.memory.circles(production.name).get((take.scene, take.shot))
    return circle is not None and circle.number == take.number


def screen(
    production: Production,
    takes: list[Take],
    out: Path,
    progress: Progress | None = None,
    also: list[Played] | None = None,
) -> Dailies:
    """Write the screening copy of ``takes`` to ``out``, and of the played takes ``also``, at the first take's rate.
    Raises EngineFailed for a played take that is damaged."""
    from studio.edit.preview import Roll, dailies

    by_scene: dict[int, list[Screened]] = defaultdict(list)
    for take in takes:
        by_scene[take.scene].append(_screened(production, take))
    rolls = [_roll(production, number, shown) for number, shown in by_scene.items()]
    if also:
        shown = [_played(take) for take in also]
        rolls.append(Roll(0, "In the world model", "What a person played, as it was recorded.", shown, "Played"))
    return dailies(rolls, out, production.name, rolls[0].takes[0].fps, progress)


def clip_name(take: Take) -> str:
    """What editors call a take: sc01_sh02_tk3."""
    return f"sc{take.scene:02d}_sh{take.shot:02d}_tk{take.number}"


def _roll(production: Production, number: int, takes: list[Screened]) -> Roll:
    from studio.edit.preview import Roll

    scene = production.scene(number)
    return Roll(number, scene.title, scene.summary, takes)


def _played(take: Played) -> Screened:
    from studio.edit.preview import Screened

    if not whole(take):
        raise EngineFailed(f"{take.path} is damaged: it does not have its checksum; remove it, or play it again")
    about = f"{Path(str(take.facts.get('model', ''))).name}  ·  {take.facts.get('place', '')}"
    return Screened(take.name, take.path, int(take.facts["frames"]), float(take.facts["fps"]), about, None, False)


def _screened(production: Production, take: Take) -> Screened:
    from studio.edit.preview import Screened

    brief: dict[str, Any] = production.memory.recall("brief", {"key": take.key})
    direction = take.data["direction"]
    return Screened(
        name=clip_name(take), path=checked_clip(production, take), frames=int(brief["frames"]), fps=float(brief["fps"]),
        direction="  ·  ".join(direction[slot] for slot in TOLD), reward=take.reward,
        circled=is_circled(production, take),
    )  # fmt: skip
