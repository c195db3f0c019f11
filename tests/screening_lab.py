"""Productions written straight into a temporary studio.db, and a visitor who has been let in to the viewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from studio.config import Workspace
from studio.memory.store import Memory
from studio.memory.tables import Circle, Cut, Production, Reference, Take
from studio.viewer.app import build
from studio.viewer.guard import Access

ADDRESS = "http://127.0.0.1:8420"
SLATE = {"seed": 7, "settings": {"production": {"engine": "flat", "artist": "flat", "crossfade_seconds": 0.5},
                                 "director": {"llm": "canned"}, "rl": {"reward_threshold": 0.75}}}  # fmt: skip


def visitor(space: Workspace) -> TestClient:
    """A browser that has opened the printed address."""
    access = Access(port=8420)
    client = TestClient(build(space, access), base_url=ADDRESS, follow_redirects=False)
    assert client.get(access.address().removeprefix(ADDRESS)).status_code == 200
    return client


def plan(
    title: str = "The Keeper", scenes: int = 1, shots: int = 1, action: str = "The keeper walks."
) -> dict[str, Any]:
    """A creative document with one keeper on one shore."""
    return {
        "title": title, "logline": "A keeper finds a whale.", "genre": "drama", "style": "", "arc": [],
        "characters": [{"id": "keeper", "name": "the keeper", "kind": "person", "description": "A keeper."}],
        "locations": [{"id": "shore", "name": "the shore", "kind": "coast", "description": "A shore."}],
        "scenes": [
            {"number": n, "title": f"Morning {n}", "summary": "They meet.", "location": "shore",
             "characters": ["keeper"],
             "shots": [{"number": s, "action": action, "characters": ["keeper"]} for s in range(1, shots + 1)]}
            for n in range(1, scenes + 1)
        ],
    }  # fmt: skip


def take(name: str, scene: int = 1, shot: int = 1, number: int = 1, reward: float | None = 0.8, **data: Any) -> Take:
    """A take's row as the script supervisor commits it."""
    key = f"{name}-{scene}-{shot}-{number}"
    known = {
        "number": number, "cached": False, "seed": 11, "prompt": "Wide shot. The keeper walks.", "forced": ["angle"],
        "negative_prompt": "blurry", "direction": {"shot_size": "wide", "angle": "eye"}, "render_seconds": 1.5,
        "critic": {"passed": True, "notes": ["exposure: too dark in frame 12"], "checks": {"exposure": 0.4}},
        "reward": {"total": reward, "terms": {"visual_quality": reward, "character_consistency": 0.7},
                   "weights": {"visual_quality": 0.6, "character_consistency": 0.4}},
        "policy_update": {"version": "v2", "kl": 0.05, "policy_loss": -1.0, "value_loss": 0.5, "entropy": 1.1,
                          "clip_fraction": 0.25, "explained_variance": -0.5},
        "attempts": [], "cut": 1, "policy_parent": "v1", **data,
    }  # fmt: skip
    file = f"scenes/{scene:02d}/shot-{shot:02d}/take-{number}.mp4"
    return Take(
        production=name, scene=scene, shot=shot, number=number, key=key, sha256="ab" * 32, file=file,
        data=known, accepted=(reward or 0) >= 0.75, reward=reward, policy_version="v2",
    )  # fmt: skip


def brief(frames: int = 48) -> dict[str, Any]:
    """What the memory keeps of a take's brief, as far as pages show it."""
    return {
        "engine": "flat", "engine_version": "flat-1", "frames": frames, "fps": 24.0, "width": 128, "height": 96,
        "action": "The keeper walks.", "characters": [{"id": "keeper", "name": "the keeper"}],
        "location": {"id": "shore", "name": "the shore"}, "time_of_day": "noon", "weather": "fog", "genre": "drama",
        "references": {"characters/keeper/front": "cd" * 32},
    }  # fmt: skip


def shelve(
    space: Workspace, name: str, *takes: Take, document: dict[str, Any] | None = None, status: str = "finished",
    prompt: str = "A keeper finds a whale", film: bytes | None = b"film", cut_frames: int = 0,
) -> Path:  # fmt: skip
    """Write one production's rows and the files that its takes name; returns its folder."""
    memory, folder = Memory(space.runs / "studio.db"), space.runs / name
    folder.mkdir(parents=True)
    memory.save_production(
        Production(name=name, status=status, prompt=prompt, slate=SLATE, created_at="2026-01-02T03:04:05+00:00")
    )
    if document is not None:
        memory.memoise("plan", {"production": name}, document)
    for row in takes:
        memory.commit_take(row)
        memory.memoise("brief", {"key": row.key}, brief())
        clip = folder / row.file
        clip.parent.mkdir(parents=True, exist_ok=True)
        clip.write_bytes(bytes(range(256)) * 16)
        clip.with_suffix(".jpg").write_bytes(b"\xff\xd8 a picture")
        memory.circle(Circle(production=name, scene=row.scene, shot=row.shot, number=row.number, brief_key=row.key))
    if film is not None:
        (folder / "film.mp4").write_bytes(film)
        memory.save_cut(Cut(production=name, number=1, file="film.mp4", sha256="", frames=cut_frames, method="smart"))
    return folder


def annotate(space: Workspace, name: str, fact: str, remark: str) -> None:
    """Add one fact, one warning and one reference image to a production."""
    memory = Memory(space.runs / "studio.db")
    memory.log_facts(name, 1, [fact])
    memory.remark(name, "warning", remark)
    memory.save_reference(Reference(bible=name, label="characters/keeper/front", sha256="", key=""))
    image = space.bibles / name / "references/characters/keeper/front.png"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"\x89PNG a picture")


def fill(space: Workspace, productions: int, takes: int) -> None:
    """Many productions at once, as a studio has after a year."""
    from sqlmodel import Session, create_engine

    from studio.memory.tables import Memo
    from studio.story.brief import digest

    Memory(space.runs / "studio.db")
    with Session(create_engine(f"sqlite:///{space.runs / 'studio.db'}")) as session:
        for p in range(productions):
            name = f"film-{p:03d}"
            session.add(Production(name=name, status="finished", prompt="A keeper finds a whale", slate=SLATE))
            session.add(Cut(production=name, number=1, file="film.mp4", sha256="", frames=480, method="smart"))
            inputs = {"production": name}
            session.add(Memo(key=digest(["plan", inputs]), kind="plan", inputs=inputs, value=plan(f"Film {p}", 6, 2)))
            for n in range(takes):
                row = take(name, 1 + n // 6, 1 + n // 3 % 2, 1 + n % 3, reward=(p + n) % 100 / 100)
                session.add(row)
                given = {"key": row.key}
                session.add(Memo(key=digest(["brief", given]), kind="brief", inputs=given, value=brief()))
                if n % 3 == 0:
                    session.add(Circle(production=name, scene=row.scene, shot=row.shot, number=1, brief_key=row.key))
        session.commit()
