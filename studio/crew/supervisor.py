"""The script supervisor: keeps takes, circles and the continuity log, so that nothing is counted twice."""

from __future__ import annotations

from typing import Any

from studio.crew.enricher import open_request, recall_brief
from studio.crew.production import Production
from studio.memory.tables import Circle, Request, Take
from studio.publish import publish_json
from studio.story.document import Scene, Shot


def commit_take(
    production: Production, scene: Scene, shot: Shot, number: int, *,
    key: str, decision: dict[str, Any], verdict: dict[str, Any], shooting: dict[str, Any],
    update: dict[str, Any] | None, parent: str,
) -> Take:  # fmt: skip
    """Write the take's row (score and policy update in one transaction) and its ``take-N.json``."""
    brief = recall_brief(production, key)
    request = open_request(production, scene.number, shot.number)
    file = production.take_file(scene.number, shot.number, number)
    data = {
        "number": number, "file": str(file.relative_to(production.folder)), "sha256": shooting["sha256"], "key": key,
        "cached": shooting["cached"], "seed": brief.seed, "prompt": brief.prompt,
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
        data={**data, "decision": decision, "policy_parent": parent, "request": request.id if request else None,
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


def circle(production: Production, scene: Scene, shot: Shot) -> Take:
    """Circle the shot's best take: of those made for the latest request, or of all where nobody asked."""
    takes = production.memory.takes(production.name, scene.number, shot.number)
    latest = max((take.data.get("request") or 0 for take in takes), default=0)
    chosen = choose([take for take in takes if (take.data.get("request") or 0) == latest])
    if latest and not chosen.accepted:
        production.remark(
            "warning", f"take {chosen.number} of {scene.number}.{shot.number} was asked for and is below the bar"
        )
    production.memory.circle(
        Circle(
            production=production.name, scene=scene.number, shot=shot.number, number=chosen.number, brief_key=chosen.key
        )
    )
    request = open_request(production, scene.number, shot.number)
    if request is not None:
        finish(production, request)
    return chosen


def finish(production: Production, request: Request) -> None:
    """Mark a person's request as done."""
    production.memory.ask(Request(**{**request.model_dump(), "done": True}))


def log_scene(production: Production, scene: Scene) -> None:
    """Add what the scene established to the continuity log."""
    document = production.document
    names = [document.character(id).name for id in scene.characters]
    present = f"In scene {scene.number}, {', '.join(names) or 'nobody'} at {document.location(scene.location).name}."
    setting = f"Scene {scene.number} plays at {scene.time_of_day} in {scene.weather} weather."
    production.memory.log_facts(production.name, scene.number, [present, setting, *scene.facts])
