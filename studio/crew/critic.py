"""The critic watches a take: technical faults, then every reward term, then one verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.crew import coherence, judges, screenwriting
from studio.crew.enricher import recall_brief
from studio.crew.production import Production
from studio.rewards.base import Footage
from studio.story.brief import Brief
from studio.story.catalogue import entries
from studio.story.document import Scene


def watch(production: Production, scene: Scene, key: str, wave_start: int) -> list[str]:
    """Notes on technical faults of the clip (black, frozen, flickering, too short, wrong size); memoised."""
    clip = production.store.path(key)
    inputs = {"key": key, "version": _faults_version()}
    notes: list[str] | None = production.memory.recall("critic", inputs)
    if notes is None:
        from studio.perception import faults

        with production.clocked("critic"):
            footage = _footage(production, scene, key, clip, wave_start)
            notes = faults.find(footage)
        production.memory.memoise("critic", inputs, notes)
    return notes


def _faults_version() -> str:
    return "1"


def judge(production: Production, scene: Scene, key: str, faults: list[str], wave_start: int) -> dict[str, Any]:
    """The verdict: ``{reward: {total, terms, weights}, critic: {passed, notes, checks}, accepted}``; memoised."""
    weights = production.settings.reward.weights
    told = {
        "facts": _facts(production, scene, wave_start),
        "neighbours": _neighbours(production, scene, wave_start),
        "scene": scene_state(production, scene),
    }
    inputs = {
        "key": key, "weights": weights, "frames": production.settings.reward.frames, "faults": faults,
        "encoder": production.slate.encoder_version, "threshold": production.settings.consistency.threshold,
        "bar": production.settings.rl.reward_threshold, "told": told,
        "terms": judges.versions(production),
        "reader": screenwriting.identity(production, "narrative_coherence"),
    }  # fmt: skip
    gallery = judges.gallery_of(production)
    if gallery:
        inputs["gallery"] = gallery
    verdict: dict[str, Any] | None = production.memory.recall("verdict", inputs)
    if verdict is None:
        footage = _footage(production, scene, key, production.store.path(key), wave_start)
        judges.require(production)
        footage.gallery = judges.pictures(production, gallery)
        with production.thinking, production.clocked("reward"):
            verdict = _score(production, footage, weights, faults)
        production.memory.memoise("verdict", inputs, verdict)
    production.footage.pop(key, None)
    production.seen.pop(key, None)
    return verdict


def _score(production: Production, footage: Footage, weights: dict[str, float], faults: list[str]) -> dict[str, Any]:
    terms: dict[str, float | None] = {}
    notes, checks, unasked = list(faults), {}, {}
    for name, term in judges.terms(production.space, production.settings).items():
        judgement = term.score(footage)
        terms[name] = None if judgement.value is None else round(float(judgement.value), 6)
        notes += judgement.notes
        checks.update({check: round(float(value), 6) for check, value in judgement.checks.items()})
        unasked.update(judgement.unasked)
    total, used = combine(terms, weights)
    bar, threshold = production.settings.rl.reward_threshold, production.settings.consistency.threshold
    consistent = all(
        value is None or value >= threshold for name, value in terms.items() if name.endswith("_consistency")
    )
    accepted = total is not None and total >= bar and consistent and not faults
    return {
        "reward": {"total": total, "terms": terms, "weights": used},
        "critic": {"passed": not faults and consistent, "notes": notes, "checks": checks, "unasked": unasked},
        "accepted": accepted,
    }


def combine(terms: dict[str, float | None], weights: dict[str, float]) -> tuple[float | None, dict[str, float]]:
    """Weighted mean over the terms that apply, and their renormalised weights; None where none applies."""
    share = sum(weights[name] for name, value in terms.items() if value is not None)
    if share == 0:
        return None, {}
    used = {name: round(weights[name] / share, 6) for name, value in terms.items() if value is not None}
    total = sum(weights[name] / share * value for name, value in terms.items() if value is not None)
    return round(total, 6), used


def _facts(production: Production, scene: Scene, wave_start: int) -> list[str]:
    return [fact.text for fact in production.memory.facts(production.name, before=wave_start)]


def _neighbours(production: Production, scene: Scene, wave_start: int) -> list[dict[str, str]]:
    """Directions of the circle takes that this take may know of, oldest first."""
    circles = production.memory.circles(production.name)
    found = []
    for take in production.memory.takes(production.name):
        circle = circles.get((take.scene, take.shot))
        if circle and circle.number == take.number and (take.scene < wave_start or take.scene == scene.number):
            found.append({**take.data["direction"], "scene": str(take.scene), "shot": str(take.shot)})
    return found


def scene_state(production: Production, scene: Scene) -> dict[str, Any]:
    """What the plan says the scene holds."""
    everyone = [c.id for c in production.document.characters]
    place = entries("places").get(production.document.location(scene.location).kind, {})
    asked = production.memory.requests(production.name, kind="retake", scene=scene.number)
    return {
        "sheltered": bool(place.get("indoors")) or place.get("medium") in ("water", "space"),
        "requested": bool(asked),
        "number": scene.number,
        "time_of_day": scene.time_of_day,
        "weather": scene.weather,
        "present": list(scene.characters),
        "absent": [id for id in everyone if id not in scene.characters],
        "names": {c.id: c.name for c in production.document.characters},
        "location": production.document.location(scene.location).name,
        "shots": [coherence.told(shot) for shot in scene.shots],
    }


def _footage(production: Production, scene: Scene, key: str, clip: Path, wave_start: int) -> Footage:
    """Sampled frames of the clip with everything a term may look at; kept until the verdict."""
    if key not in production.footage:
        from studio.perception.sampling import footage

        brief: Brief = recall_brief(production, key)
        taken = footage(clip, brief, production.settings.reward.frames, production.seen.get(key))
        taken.facts = _facts(production, scene, wave_start)
        taken.neighbours = _neighbours(production, scene, wave_start)
        taken.scene_state = scene_state(production, scene)
        eye = judges.encoder(production.space, production.settings)
        taken.encoder = eye if eye.here else None
        taken.game = production.engine_named(brief.engine).capabilities.game
        taken.reader = coherence.reader(production)
        production.footage[key] = taken
    found: Footage = production.footage[key]
    return found
