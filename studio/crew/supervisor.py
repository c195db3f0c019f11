"""The script supervisor: keeps takes, circles and the continuity log, so that nothing is counted twice."""

from __future__ import annotations

from typing import Any

from studio.crew import enricher, requests
from studio.crew.enricher import recall_brief
from studio.crew.production import Production
from studio.memory.tables import Circle, Take
from studio.publish import publish_json
from studio.story.document import Scene, Shot


def commit_take(
    production: Production, scene: Scene, shot: Shot, number: int, *,
    key: str, decision: dict[str, Any], verdict: dict[str, Any], shooting: dict[str, Any],
    update: dict[str, Any] | None, parent: str, request: int = 0,
) -> Take:  # fmt: skip
    """Write the take's row (score and policy update in one transaction) and its ``take-N.json``.

    ``request`` is the id of the retake that it answers, or 0: one that came meanwhile is not answered yet."""
    brief = recall_brief(production, key)
    file = production.take_file(scene.number, shot.number, number)
    data = {
        "number": number, "file": str(file.relative_to(production.folder)), "sha256": shooting["sha256"], "key": key,
        "cached": shooting["cached"], "seed": brief.seed, "engine": brief.engine, "prompt": brief.prompt,
        "negative_prompt": brief.negative_prompt, "direction": brief.direction.model_dump(),
        "forced": decision["forced"], "render_seconds": shooting["render_seconds"], "critic": verdict["critic"],
        "reward": verdict["reward"], "policy_update": update, "attempts": shooting["attempts"],
        "accepted": verdict["accepted"],
    }  # fmt: skip
    publish_json(file.with_suffix(".json"), {**data, "brief": brief.model_dump(mode="json", exclude={"files"})})
    row = Take(
        production=production.name, scene=scene.number, shot=shot.number, number=number, key=key,
        sha256=shooting["sha256"], file=data["file"], accepted=verdict["accepted"],
        reward=verdict["reward"]["total"], policy_version=update["version"] if update else None,
        data={**data, "decision": decision, "policy_parent": parent, "request": request or None,
              "cut": len(production.memory.cuts(production.name)) + 1},
    )  # fmt: skip
    committed = production.memory.commit_take(row)
    where = {"scene": scene.number, "shot": shot.number, "take": number, "key": key}
    production.log.once("take_committed", **where, reward=row.reward, accepted=row.accepted)
    if update:
        production.log.once("policy_updated", **where, version=update["version"], kl=update["kl"])
    return committed


def choose(takes: list[Take]) -> Take:
    """The first accepted take, or else the one with the highest reward (the earlier of equals)."""
    accepted = [take for take in takes if take.accepted]
    return accepted[-1] if accepted else max(takes, key=lambda take: (take.reward or 0.0, -take.number))


def circle(production: Production, scene: Scene, shot: Shot, first: int = 1, request: int = 0, since: int = 0) -> Take:
    """Circle the best of the takes from number ``first`` on, or the one that a person circled after request ``since``.

    ``request`` is the id of the retake that these takes answer, or 0."""
    takes = production.memory.takes(production.name, scene.number, shot.number)
    by_hand = requests.circled_by_hand(production, scene.number, shot.number, since)
    chosen = next((take for take in takes if take.number == by_hand), None)
    chosen = chosen or choose([take for take in takes if take.number >= first])
    if request and not chosen.accepted and by_hand is None:
        production.remark(
            "warning", f"take {chosen.number} of {scene.number}.{shot.number} was asked for and is below the bar"
        )
    production.memory.circle(
        Circle(
            production=production.name, scene=scene.number, shot=shot.number, number=chosen.number, brief_key=chosen.key
        )
    )
    asked = requests.by_id(production, request)
    if asked is not None:
        requests.finish_retake(production, asked, takes[-1].number)
    return chosen


def settled(production: Production, scene: Scene, shot_once: bool) -> bool:
    """Whether a scene needs nothing more. One that was ``shot_once`` already is asked again only by a person."""
    circles = production.memory.circles(production.name)
    return not any(
        requests.retake_of(production, scene.number, shot.number)
        or enricher.outdated_look(production, scene, shot)
        or not (shot_once or (scene.number, shot.number) in circles)
        for shot in scene.shots
    )


def log_scene(production: Production, scene: Scene) -> None:
    """Add what the scene established to the continuity log."""
    document = production.document
    names = [document.character(id).name for id in scene.characters]
    present = f"In scene {scene.number}, {', '.join(names) or 'nobody'} at {document.location(scene.location).name}."
    setting = f"Scene {scene.number} plays at {scene.time_of_day} in {scene.weather} weather."
    production.memory.log_facts(production.name, scene.number, [present, setting, *scene.facts])
