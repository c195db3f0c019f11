"""The contract of every engine, run on its miniature. A new engine is one more name in ``ENGINES``."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from studio.engines.base import Clip, VideoEngine
from studio.errors import BadInput, Stopped, StudioError
from studio.plugins import load
from studio.stage.store import TakeStore
from studio.stage.workers import Stage
from studio.story.brief import Brief
from studio.story.document import Character, Location

ENGINES = (
    "previz",
    "wan",
    "wan22",
    "ltx",
    "ltx2",
    "mochi",
    "latte",
    "cogvideox",
    "animatediff",
    "hunyuan",
    "svd",
    "world",
)
UNPROMPTED = {"previz", "svd", "world"}
"""Engines that read the brief's action, characters and place, and not its prompt."""

GALLERY = tempfile.TemporaryDirectory(prefix="studio-gallery-")
"""Pictures for engines that render nothing without one; gone with this process."""


@pytest.fixture(scope="module", params=ENGINES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def engine(name: str, tmp_path_factory: pytest.TempPathFactory) -> VideoEngine:
    return load("engines", name).Engine.tiny(tmp_path_factory.mktemp(name))


@cache
def painted(folder: Path, colour: str) -> tuple[str, str]:
    """(sha256, path) of a picture: a dot of ``colour`` on a gradient, so that it has edges and light."""
    pixels = np.linspace(0, 255, 96 * 72 * 3).reshape(72, 96, 3).astype(np.uint8)
    pixels[20:50, 30:60] = np.array(Image.new("RGB", (30, 30), colour))
    path = folder / f"{colour}.png"
    Image.fromarray(pixels).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest(), str(path)


def brief_for(engine: VideoEngine, name: str, **changes: Any) -> Brief:
    """The shortest brief worth rendering: at most nine frames, of a size near 64x48."""
    able = engine.capabilities
    width, height = able.size_for(64, 48)
    frames = able.frame_offset + able.frame_step * max(1, round((9 - able.frame_offset) / able.frame_step))
    asked: dict[str, Any] = {
        "engine": name, "engine_version": engine.version, "prompt": "a fox runs in the snow", "seed": 7,
        "negative_prompt": "blurry", "width": width, "height": height, "frames": frames, "fps": able.fps,
        "action": "The fox runs.", "location": Location(id="wood", name="Wood", kind="forest", description="a wood"),
        "characters": [Character(id="fox", name="Fox", kind="fox", description="a red fox")],
        "parameters": {"handles": 2},
    }  # fmt: skip
    if able.needs_picture:
        sha256, path = painted(Path(GALLERY.name), "yellow")
        asked |= {"first_frame": sha256, "files": {sha256: path}}
    return Brief(**{**asked, **changes})


def pixels(clip: Clip) -> np.ndarray:
    """All frames of a clip, (frames, height, width, 3) int16."""
    import av

    with av.open(str(clip.path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)]).astype(np.int16)


@pytest.fixture
def render(engine: VideoEngine, tmp_path: Path) -> Any:
    """Renders a brief in this process and returns its clip."""
    count = iter(range(100))

    def shoot(brief: Brief, progress: Any = lambda share: None) -> Clip:
        return engine.shoot(brief, tmp_path / f"{next(count)}.mp4", progress)

    return shoot


@pytest.fixture(scope="module")
def plain(engine: VideoEngine, name: str, tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """The plain brief's clip, to compare with."""
    return engine.shoot(brief_for(engine, name), tmp_path_factory.mktemp("plain") / "plain.mp4", lambda share: None)


def test_gives_exactly_the_frames_rate_and_size_asked(engine: VideoEngine, name: str, plain: Clip) -> None:
    import av

    brief = brief_for(engine, name)
    assert pixels(plain).shape == (brief.frames, brief.height, brief.width, 3)
    assert (plain.frames, plain.fps, plain.width, plain.height) == (brief.frames, brief.fps, brief.width, brief.height)
    with av.open(str(plain.path)) as container:
        assert float(container.streams.video[0].average_rate) == brief.fps


def test_frames_against_its_rule_are_rendered_longer_and_trimmed_and_said(
    engine: VideoEngine, name: str, render: Any
) -> None:
    if engine.capabilities.frame_step == 1 and engine.capabilities.frame_offset == 0:
        pytest.skip("renders any number of frames")
    brief = brief_for(engine, name)
    clip = render(brief.model_copy(update={"frames": brief.frames - 1}))
    assert len(pixels(clip)) == clip.frames == brief.frames - 1
    assert any("trimmed" in note for note in clip.notes), clip.notes


def test_the_same_brief_gives_the_same_file(
    engine: VideoEngine, name: str, render: Any, plain: Clip, tmp_path: Path
) -> None:
    assert render(brief_for(engine, name)).path.read_bytes() == plain.path.read_bytes()
    fresh = type(engine)(engine.options.model_dump(exclude_unset=True), engine.weights)
    again = fresh.shoot(brief_for(fresh, name), tmp_path / "fresh.mp4", lambda share: None)
    assert again.path.read_bytes() == plain.path.read_bytes()


def test_another_seed_gives_other_pixels(engine: VideoEngine, name: str, render: Any, plain: Clip) -> None:
    assert np.abs(pixels(render(brief_for(engine, name, seed=8))) - pixels(plain)).max() > 3


def test_another_prompt_gives_other_pixels(engine: VideoEngine, name: str, render: Any, plain: Clip) -> None:
    if name in UNPROMPTED:
        pytest.skip("reads no prompt")
    other = render(brief_for(engine, name, prompt="an old man walks on a boat at night"))
    assert np.abs(pixels(other) - pixels(plain)).max() > 3


def test_the_first_frame_counts_or_is_refused(engine: VideoEngine, name: str, render: Any, tmp_path: Path) -> None:
    pictures = [painted(tmp_path, colour) for colour in ("red", "blue")]
    briefs = [brief_for(engine, name, first_frame=sha, files=dict(pictures)) for sha, _ in pictures]
    if not engine.capabilities.first_frame:
        with pytest.raises(BadInput, match="cannot start from a picture"):
            engine.check(briefs[0])
        return
    red, blue = (pixels(render(brief)) for brief in briefs)
    assert np.abs(red - blue).max() > 3


def test_the_last_frame_counts_or_is_refused(engine: VideoEngine, name: str, render: Any, tmp_path: Path) -> None:
    pictures = [painted(tmp_path, colour) for colour in ("red", "blue")]
    start = {"first_frame": pictures[0][0]} if engine.capabilities.first_frame else {}
    briefs = [
        brief_for(engine, name, files=dict(pictures), parameters={"last_frame": sha}, **start) for sha, _ in pictures
    ]
    if not engine.capabilities.last_frame:
        with pytest.raises(BadInput, match="cannot end on a picture"):
            engine.check(briefs[0])
        return
    red, blue = (pixels(render(brief)) for brief in briefs)
    assert np.abs(red - blue).max() > 3


def test_references_count(engine: VideoEngine, name: str, render: Any, tmp_path: Path) -> None:
    if not engine.capabilities.references:
        pytest.skip("takes no references")
    pictures = [painted(tmp_path, colour) for colour in ("red", "blue")]
    briefs = [
        brief_for(engine, name, references={"characters/fox/front": sha}, first_frame="", files=dict(pictures))
        for sha, _ in pictures
    ]
    red, blue = (pixels(render(brief)) for brief in briefs)
    assert np.abs(red - blue).max() > 3


def test_a_picture_that_has_changed_is_an_error(engine: VideoEngine, name: str, render: Any, tmp_path: Path) -> None:
    if not engine.capabilities.first_frame:
        pytest.skip("takes no pictures")
    sha, path = painted(tmp_path, "green")
    Path(path).write_bytes(b"another")
    with pytest.raises(StudioError, match="it has changed"):
        render(brief_for(engine, name, first_frame=sha, files={sha: path}))


def test_what_it_cannot_do_is_refused_before_anything_is_rendered(
    engine: VideoEngine, name: str, tmp_path: Path
) -> None:
    able, brief = engine.capabilities, brief_for(engine, name)
    impossible = [{"width": brief.width + 1}, {"height": brief.height + 1}, {"frames": able.max_frames + 1}]
    if not able.any_fps:
        impossible.append({"fps": able.fps + 1})
    store, calls = TakeStore(tmp_path / "takes"), []
    with Stage(name, engine, workers=1) as stage:
        for change in impossible:
            with pytest.raises(BadInput, match=name):
                stage.shoot(brief.model_copy(update=change), store, lambda event, **facts: calls.append(event))
        assert not stage.processes()
    assert calls == [] and not store.root.exists()


def test_progress_goes_up_to_one(engine: VideoEngine, name: str, render: Any) -> None:
    shares: list[float] = []
    render(brief_for(engine, name), shares.append)
    assert len(shares) >= 3 and shares == sorted(shares)
    assert shares[0] >= 0 and shares[-1] == 1.0


def test_cancelled_from_within_it_leaves_nothing_and_can_go_on(
    engine: VideoEngine, name: str, plain: Clip, tmp_path: Path
) -> None:
    def cancel(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.shoot(brief_for(engine, name), tmp_path / "cancelled.mp4", cancel)
    assert list(tmp_path.iterdir()) == []
    again = engine.shoot(brief_for(engine, name), tmp_path / "again.mp4", lambda share: None)
    assert again.path.read_bytes() == plain.path.read_bytes()


def _left(store: TakeStore) -> list[object]:
    """Files in the store, and workers that live."""
    workers = [process for process in psutil.Process().children() if "spawn_main" in " ".join(process.cmdline())]
    return [*(path for path in store.root.rglob("*") if path.is_file()), *workers]


def test_past_the_deadline_nothing_is_left(engine: VideoEngine, name: str, tmp_path: Path) -> None:
    store, events = TakeStore(tmp_path / "takes"), []
    with (
        Stage(name, engine, workers=1, deadline_seconds=0.05) as stage,
        pytest.raises(Stopped, match="deadline"),
    ):
        stage.shoot(brief_for(engine, name), store, lambda event, **facts: events.append(event))
    assert events == ["attempt_failed"] * 3
    assert _left(store) == []


def test_closed_in_the_middle_nothing_is_left(engine: VideoEngine, name: str, tmp_path: Path) -> None:
    store, errors = TakeStore(tmp_path / "takes"), []

    def shoot() -> None:
        try:
            stage.shoot(brief_for(engine, name), store, lambda event, **facts: None)
        except StudioError as error:
            errors.append(error)

    stage = Stage(name, engine, workers=1)
    thread = threading.Thread(target=shoot)
    thread.start()
    while not stage.processes():
        time.sleep(0.01)
    time.sleep(0.1)
    stage.close()
    thread.join(20)
    assert not thread.is_alive() and len(errors) == 1, errors
    assert _left(store) == []
