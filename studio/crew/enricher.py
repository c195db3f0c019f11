"""The enricher turns a planned shot and a direction into the brief that an engine renders."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from studio.artists.base import LOCATION_VIEWS, at_hour
from studio.crew import conforming, notes, phrasing, requests
from studio.crew.learner import Learner
from studio.crew.production import Production
from studio.crew.references import path_of
from studio.engines.base import VideoEngine
from studio.memory.tables import Request, Take
from studio.story.brief import Brief, digest
from studio.story.direction import Direction
from studio.story.document import Scene, Shot

NEGATIVE = "blurry, deformed, extra limbs, text, watermark, frozen, flickering"


@dataclass(frozen=True)
class Setup:
    """A shot ready to be rendered."""

    brief: Brief
    decision: dict[str, Any]
    note: str = ""


def prepare(
    production: Production, scene: Scene, shot: Shot, number: int, version: str, wave_start: int, asked: int = 0
) -> Setup:
    """Direct take ``number`` of ``shot`` with policy ``version`` and write its brief; ``asked`` is the request's id.

    ``wave_start`` is the first scene of the wave: scenes of the same wave do not see one another.
    """
    earlier = production.memory.takes(production.name, scene.number, shot.number)
    earlier = [take for take in earlier if take.number < number]
    request = requests.by_id(production, asked)
    said = _said(production, request)
    wishes = _wishes(request, " ".join(said), earlier, shot)
    critic_notes = [] if request and _first_of_request(request, earlier) else _last_notes(earlier)
    last = earlier[-1].data["direction"] if earlier else {}
    fixed = {**shot.direction, **wishes.direction}
    shows = production.engine_of(scene).capabilities.shows
    unseen = {slot: value for slot, value in last.items() if slot not in shows}
    forced = {**unseen, **fixed, **notes.answer_notes(critic_notes, last, fixed, len(earlier))}
    seed = int.from_bytes(
        hashlib.sha256(f"{production.slate.seed}/{scene.number}/{shot.number}/{number}".encode()).digest()[:6]
    )
    learner = Learner(production)
    state = learner.state(scene, shot, earlier, critic_notes + said, wave_start)
    avoid = [take.data["direction"] for take in earlier]
    decision = learner.decide(version, state, forced, seed, avoid)
    brief = write_brief(
        production, scene, shot, Direction(**decision["direction"]), seed,
        time_of_day=wishes.time_of_day or scene.time_of_day,
        weather=wishes.weather or scene.weather,
        answer=_answer(production, scene, shot, critic_notes, said),
        first_frame=first_frame(production, scene, shot),
    )  # fmt: skip
    return Setup(brief, decision, request.note if request else "")


def _said(production: Production, request: Request | None) -> list[str]:
    """What a person said of the shot: the retake's note, and notes on its takes that came before."""
    return [request.note, *requests.notes_for(production, request)] if request else []


def _first_of_request(request: Request, earlier: list[Take]) -> bool:
    return not any(take.data.get("request") == request.id for take in earlier)


def _wishes(request: Request | None, said: str, earlier: list[Take], shot: Shot) -> notes.Wishes:
    if request is None:
        return notes.Wishes()
    before = [take for take in earlier if take.data.get("request") != request.id]
    current = before[-1].data["direction"] if before else dict(shot.direction)
    read = notes.read_note(said, current)
    return notes.Wishes({**read.direction, **request.direction}, read.time_of_day, read.weather)


def _last_notes(earlier: list[Take]) -> list[str]:
    return list(earlier[-1].data["critic"]["notes"]) if earlier else []


def _answer(production: Production, scene: Scene, shot: Shot, critic_notes: list[str], said: list[str]) -> str:
    """What the last take's notes ask of the prompt. Measured faults mean nothing to a video model: with such an engine
    they are answered by the direction, and in words where a language model finds them."""
    wants = production.engine_of(scene).prompt_family
    if phrasing.asks(production, wants):
        return phrasing.instruction(production, shot, critic_notes, said)
    mend = critic_notes[:3] if wants == "previz" else []
    return " ".join([f"Note: {note}" for note in said if note] + [f"Mend: {note}" for note in mend])


def write_brief(
    production: Production, scene: Scene, shot: Shot, direction: Direction, seed: int, *,
    time_of_day: str, weather: str, answer: str = "", first_frame: tuple[str, str] = ("", ""),
) -> Brief:  # fmt: skip
    """Everything the engine needs, from document, direction, bible and configuration."""
    document, settings, name = production.document, production.settings.production, production.engine_name(scene)
    engine = production.engine_named(name)
    able = engine.capabilities
    fps = conforming.shot_rate(production, scene)
    width, height = able.size_for(settings.width, settings.height)
    people = document.in_frame(shot)
    location = document.location(scene.location)
    references = _references(production, [c.id for c in people], location.id, time_of_day)
    values = phrasing.values(production, shot, direction, people, location, time_of_day, weather, answer)
    handles = round(settings.crossfade_seconds * fps)
    return Brief(
        engine=name, engine_version=engine.version, weights=production.slate.tooled(name).weights,
        prompt=phrasing.prompt(production, engine.prompt_family, values, direction), negative_prompt=NEGATIVE,
        seed=seed, width=width, height=height,
        frames=_frames(production, scene, shot, fps), fps=fps, direction=direction, action=shot.action,
        characters=people, location=location, time_of_day=time_of_day, weather=weather, genre=document.genre,
        style=document.style, beat=document.beat_of(scene), dialogue=shot.dialogue,
        references={label: sha for label, (sha, _) in references.items()}, first_frame=first_frame[0],
        parameters={"handles": handles, "screen_side": screen_sides(scene), **_asked_with(production, engine)},
        files=dict([*references.values(), *([first_frame] if first_frame[0] else [])]),
    )  # fmt: skip


def _frames(production: Production, scene: Scene, shot: Shot, fps: float) -> int:
    """Frames of the shot at the clip's rate; a shot that is planned longer than the engine renders is said loudly."""
    able = production.engine_of(scene).capabilities
    frames = able.frames_for(shot.seconds, fps)
    if frames >= able.max_frames and shot.seconds * fps > frames + 1:
        engine = production.engine_name(scene)
        production.remark(
            "warning",
            f"shot {scene.number}.{shot.number} is planned at {shot.seconds:g} s, but {engine} renders at most "
            f"{able.max_frames} frames ({frames / fps:.3g} s at {fps:g} fps): it is that long in the film",
        )
    return frames


def _asked_with(production: Production, engine: VideoEngine) -> dict[str, Any]:
    """The engine's options, and how strongly it follows the references where it takes any."""
    consistency = production.settings.consistency
    options = engine.parameters()
    strength = {"reference_strength": consistency.reference_strength} if engine.capabilities.references else {}
    return {**({"options": options} if options else {}), **strength}


def screen_sides(scene: Scene) -> dict[str, float]:
    """Character id -> side of the screen (-1 left … 1 right), the same in every shot of the scene (180° rule)."""
    count = len(scene.characters)
    return {id: (0.0 if count == 1 else -1 + 2 * i / (count - 1)) for i, id in enumerate(scene.characters)}


def _references(production: Production, people: list[str], location: str, hour: str) -> dict[str, tuple[str, str]]:
    """Label -> (sha256, path) of the reference images that concern this shot; of the place, by day and at its hour."""
    shown = {view for plain in LOCATION_VIEWS for view in (plain, at_hour(plain, hour))}
    found = {}
    for prefix in [*(f"characters/{id}/" for id in people), f"locations/{location}/"]:
        for label, sha256 in production.memory.recall("references", {"production": production.name}).items():
            if label.startswith(prefix) and (prefix.startswith("characters/") or label.removeprefix(prefix) in shown):
                found[label] = (sha256, str(path_of(production, label)))
    return found


def first_frame(production: Production, scene: Scene, shot: Shot) -> tuple[str, str]:
    """(sha256, path) of the last frame of the shot before it in the scene, where the engine starts from one."""
    position = scene.shots.index(shot)
    if position == 0 or not production.engine_of(scene).capabilities.first_frame:
        return "", ""
    before = production.memory.circles(production.name).get((scene.number, scene.shots[position - 1].number))
    if before is None:
        return "", ""
    from studio.perception.sampling import last_frame_png

    clip = production.take_file(scene.number, before.shot, before.number)
    data = last_frame_png(clip)
    path = clip.with_suffix(".last.png")
    if not path.is_file():
        from studio.publish import publish_bytes

        publish_bytes(path, data)
    return hashlib.sha256(data).hexdigest(), str(path)


def still_valid(production: Production, scene: Scene, shot: Shot) -> bool:
    """Whether the circled take still is what its brief would render now: first frame or a look may have changed."""
    circle = production.memory.circles(production.name).get((scene.number, shot.number))
    if circle is None or outdated_look(production, scene, shot):
        return False
    stored = production.memory.recall("brief", {"key": circle.brief_key})
    now = Brief.model_validate(stored).model_copy(update={"first_frame": first_frame(production, scene, shot)[0]})
    return now.key == circle.brief_key


def outdated_look(production: Production, scene: Scene, shot: Shot) -> bool:
    """Whether somebody in the circled take looks otherwise now; a take circled by hand after that stands."""
    memory, name = production.memory, production.name
    looks = [
        request for request in memory.requests(name, done=None, kind="look") if request.character in shot.characters
    ]
    circle = memory.circles(name).get((scene.number, shot.number))
    if not looks or circle is None:
        return False
    stored = Brief.model_validate(memory.recall("brief", {"key": circle.brief_key}))
    if stored.characters == production.document.in_frame(shot):
        return False
    return requests.circled_by_hand(production, scene.number, shot.number, looks[-1].id or 0) is None


def continuation(production: Production, scene: Scene, shot: Shot) -> Setup | None:
    """A shot that depends on something changed keeps direction and seed: its circled brief, brought up to date."""
    circle = production.memory.circles(production.name).get((scene.number, shot.number))
    if circle is None:
        return None
    stored = Brief.model_validate(production.memory.recall("brief", {"key": circle.brief_key}))
    brief = _up_to_date(production, scene, shot, stored)
    takes = production.memory.takes(production.name, scene.number, shot.number)
    decision = next(t.data["decision"] for t in takes if t.number == circle.number)
    return Setup(brief, {**decision, "open": [], "forced": list(decision["direction"])})


def _up_to_date(production: Production, scene: Scene, shot: Shot, stored: Brief) -> Brief:
    """The brief with today's first frame, and with everybody in frame as they look today."""
    sha256, path = first_frame(production, scene, shot)
    changed: dict[str, Any] = {"first_frame": sha256, "files": {**stored.files, sha256: path}}
    people = production.document.in_frame(shot)
    if people != stored.characters:
        prompt, lost = phrasing.describes_otherwise(stored.prompt, stored.characters, people)
        wants = production.engine_named(stored.engine).prompt_family
        if lost and prompt and phrasing.asks(production, wants):
            prompt = phrasing.rewritten(production, wants, f"{prompt} Note: {' '.join(lost)}", stored.direction)
        references = _references(production, [c.id for c in people], stored.location.id, stored.time_of_day)
        changed["files"] |= dict(references.values())
        changed |= {
            "characters": people, "prompt": prompt, "references": {label: sha for label, (sha, _) in references.items()}
        }  # fmt: skip
    return stored.model_copy(update=changed)


def remember(production: Production, setup: Setup) -> tuple[str, str]:
    """Store brief and decision; returns their keys, which is all that the graph carries."""
    data = setup.brief.model_dump(mode="json")
    production.memory.memoise("brief", {"key": setup.brief.key}, data)
    decision_key = digest(setup.decision)
    production.memory.memoise("decision", {"key": decision_key}, setup.decision)
    return setup.brief.key, decision_key


def recall_brief(production: Production, key: str) -> Brief:
    """The brief with this key."""
    return Brief.model_validate(production.memory.recall("brief", {"key": key}))
