"""Engines that run a program of the user's own checkout: what it is told, what it gives, and what it may not leave."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image
from test_engines import brief_for, painted, pixels

from studio import weights
from studio.engines._external import Bars, ExternalEngine, lines, share_of
from studio.engines._pulse import Pulse
from studio.errors import BadInput, EngineFailed, Stopped, StudioError
from studio.plugins import load
from studio.stage.store import TakeStore
from studio.stage.workers import Stage
from studio.story.brief import Brief

PROGRAM = Path(__file__).with_name("external_upstream.py")
NAMES = ("magi1", "opensora", "pyramidflow")


def template(behaviour: str, *more: str) -> list[str]:
    """The command that runs the stand-in."""
    return [
        "{python}", "program.py", behaviour, "--prompt-file", "{prompt_file}", "--image", "{image}",
        "--frames", "{frames}", "--fps", "{fps}", "--width", "{width}", "--height", "{height}", "--seed", "{seed}",
        *(more or ("--out", "{out}")),
    ]  # fmt: skip


def checkout(folder: Path, name: str) -> dict[str, Path]:
    """A checkout with the stand-in and what the engine reads of the real one; role -> path."""
    kind = load("engines", name).Engine
    entry = folder / kind.entry
    entry.parent.mkdir(parents=True)
    entry.write_text("")
    shutil.copy(PROGRAM, folder / "program.py")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("0123456789abcdef0123456789abcdef01234567\n")
    config = folder / "example/4.5B/4.5B_base_config.json"
    config.parent.mkdir(parents=True)
    runtime = {"num_frames": 96, "seed": 1234, "video_size_h": 720, "video_size_w": 720, "fps": 24,
               "load": "./downloads/4.5B_base", "window_size": 4}  # fmt: skip
    config.write_text(json.dumps({"runtime_config": runtime}))
    (folder / "weights").mkdir()
    (folder / "weights" / "config.json").write_text("{}")
    return {"checkout": entry, "weights": folder / "weights"}


def engine(tmp_path: Path, behaviour: str = "works", *more: str, name: str = "magi1") -> Any:
    here = checkout(tmp_path / "upstream", name)
    options = {"checkout": str(tmp_path / "upstream"), "python": sys.executable, "weights": str(here["weights"]),
               "command": template(behaviour, *more)}  # fmt: skip
    return load("engines", name).Engine(options, here)


def small(made: Any, **changes: Any) -> Brief:
    return brief_for(made, "magi1", frames=20, **changes)


def shoot(made: Any, brief: Brief, out: Path) -> Any:
    out.parent.mkdir(exist_ok=True)
    return made.shoot(brief, out, lambda share: None)


def test_a_program_gives_exactly_what_the_brief_asks_and_says_what_was_trimmed(tmp_path: Path) -> None:
    made = engine(tmp_path)
    brief, shares = small(made), list[float]()
    clip = made.shoot(brief, tmp_path / "clip.mp4", shares.append)
    assert pixels(clip).shape == (20, brief.height, brief.width, 3)
    assert any("24 frames rendered, the last 4 trimmed" in note for note in clip.notes)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 4
    again = shoot(made, brief, tmp_path / "again.mp4")
    assert again.path.read_bytes() == clip.path.read_bytes()
    other = shoot(made, small(made, prompt="a boat"), tmp_path / "other.mp4")
    assert abs(pixels(other) - pixels(clip)).max() > 3
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".mp4") == ["upstream"]


def test_a_first_frame_reaches_the_program_and_is_left_out_with_its_option_where_there_is_none(tmp_path: Path) -> None:
    made = engine(tmp_path)
    sha, path = painted(tmp_path, "red")
    plain = shoot(made, small(made), tmp_path / "plain.mp4")
    started = shoot(made, small(made, first_frame=sha, files={sha: path}), tmp_path / "started.mp4")
    assert abs(pixels(started) - pixels(plain)).max() > 3
    folder = tmp_path / "folder"
    folder.mkdir()
    words = made.argv(small(made), folder)
    assert "--image" not in words and "" not in words
    with_image = made.argv(small(made, first_frame=sha, files={sha: path}), folder)
    picture = Image.open(with_image[with_image.index("--image") + 1])
    assert picture.size == (small(made).width, small(made).height)


def test_a_clip_of_another_size_and_rate_is_conformed_and_said(tmp_path: Path) -> None:
    made = engine(tmp_path, "other")
    clip = shoot(made, small(made), tmp_path / "clip.mp4")
    brief = small(made)
    assert pixels(clip).shape == (20, brief.height, brief.width, 3)
    assert any("conformed" in note and "12 fps" in note and "motion at true speed" in note for note in clip.notes)


def test_a_video_that_lies_somewhere_in_the_folder_is_found(tmp_path: Path) -> None:
    made = engine(tmp_path, "works", "--folder", "{folder}")
    assert shoot(made, small(made), tmp_path / "clip.mp4").frames == 20


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("crash", "exit code 3: RuntimeError: the latents are NaN"),
        ("memory", "out of memory"),
        ("short", "wrong length: magi1's program gave"),
        ("nothing", "left no videos"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line_and_leaves_nothing(tmp_path: Path, behaviour: str, said: str) -> None:
    made = engine(tmp_path, behaviour)
    out = tmp_path / "out" / "clip.mp4"
    frames = {"frames": 24} if behaviour == "short" else {}
    with pytest.raises(EngineFailed, match=said) as failed:
        shoot(made, small(made).model_copy(update=frames), out)
    assert "\n" not in str(failed.value)
    assert list(out.parent.iterdir()) == []


def _pids(file: Path) -> list[int]:
    """Program and its own child, as soon as both run."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if file.is_file() and len(found := file.read_text().split()) == 2:
            return [int(pid) for pid in found]
        time.sleep(0.05)
    raise AssertionError("the program did not start")


def _ended(pids: list[int]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_past_its_deadline_the_program_and_its_children_are_gone_with_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.stage.workers.ATTEMPTS", 1)
    made = engine(tmp_path, "hang", "--pids", str(tmp_path / "pids"))
    store = TakeStore(tmp_path / "takes")
    events: list[str] = []
    with Stage("magi1", made, workers=1, deadline_seconds=4) as stage, pytest.raises(Stopped, match="deadline"):
        stage.shoot(small(made), store, lambda event, **facts: events.append(event))
    assert _ended(_pids(tmp_path / "pids"))
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_killed_worker_takes_the_program_and_its_children_along(tmp_path: Path) -> None:
    made = engine(tmp_path, "hang", "--pids", str(tmp_path / "pids"))
    code = (
        "import sys, json; from pathlib import Path\n"
        "from studio.plugins import load; from studio.story.brief import Brief\n"
        "options, here, brief, out = json.loads(sys.argv[1])\n"
        "engine = load('engines', 'magi1').Engine(options, {k: Path(v) for k, v in here.items()})\n"
        "engine.shoot(Brief.model_validate(brief), Path(out), lambda share: None)"
    )
    here = {role: str(path) for role, path in made.weights.items()}
    told = [made.options.model_dump(mode="json"), here, small(made).model_dump(mode="json"), str(tmp_path / "c.mp4")]
    worker = subprocess.Popen([sys.executable, "-c", code, json.dumps(told)], cwd=PROGRAM.parent.parent)
    pids = _pids(tmp_path / "pids")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert _ended(pids)


def test_cancelled_from_within_the_program_is_gone(tmp_path: Path) -> None:
    made = engine(tmp_path, "hang", "--pids", str(tmp_path / "pids"))

    def cancel(share: float) -> None:
        if (tmp_path / "pids").is_file():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.shoot(small(made), tmp_path / "clip.mp4", cancel)
    assert _ended(_pids(tmp_path / "pids"))


def test_every_line_is_a_heartbeat_and_bars_add_up_without_going_back() -> None:
    import io

    said = io.BytesIO(b"hello\nload: 50%|##  |\rload: 100%|####|\r\nstep 1/4\nstep 4/4\nbye")
    shares: list[float] = []
    bars = Bars(Pulse(shares.append))
    for line in lines(said):
        bars.read(line)
    assert len(shares) == 6 and shares == sorted(shares) and 0.6 < shares[-1] < 0.95
    assert (share_of("epoch 7/3"), share_of("no numbers"), share_of("99.5 %")) == (None, None, 0.995)


@pytest.mark.parametrize("name", NAMES)
def test_the_default_commands_name_only_what_is_there(name: str, tmp_path: Path) -> None:
    here = checkout(tmp_path / "upstream", name)
    made: ExternalEngine = load("engines", name).Engine({"checkout": str(tmp_path / "upstream")}, here)
    folder = tmp_path / "folder"
    folder.mkdir()
    sha, path = painted(tmp_path, "blue")
    prompt = "--evil; rm -rf / $(x) `y` \n\"quoted\" 'and', [1] {seed} ü"
    plain = made.argv(brief_for(made, name, prompt=prompt), folder)
    started = made.argv(brief_for(made, name, prompt=prompt, first_frame=sha, files={sha: path}), folder)
    assert plain[0] == "python" and all(isinstance(word, str) and word for word in plain)
    assert str(folder / "first.png") not in plain
    texts = [word for word in plain if "evil" in word]
    assert texts in ([], [f"--prompt={prompt}"]), "a prompt is one word that begins with its option, or in a file"
    shown = [*started, *(f.read_text() for f in folder.iterdir() if f.suffix in (".csv", ".json"))]
    assert any(str(folder / "first.png") in word for word in shown)
    assert (folder / "prompt.txt").read_text() == prompt


def test_magi1_is_told_size_length_and_seed_through_a_configuration_of_its_own(tmp_path: Path) -> None:
    made = engine(tmp_path)
    folder = tmp_path / "folder"
    folder.mkdir()
    made.argv(small(made), folder)
    runtime = json.loads((folder / "config.json").read_text())["runtime_config"]
    assert (runtime["num_frames"], runtime["video_size_w"], runtime["fps"], runtime["seed"]) == (24, 64, 24, 7)
    assert runtime["load"] == f"{made.weights['weights']}/4.5B_base" and runtime["window_size"] == 4


def test_opensora_is_given_the_prompt_in_a_table(tmp_path: Path) -> None:
    import csv

    made = load("engines", "opensora").Engine({}, checkout(tmp_path / "upstream", "opensora"))
    folder = tmp_path / "folder"
    folder.mkdir()
    made.argv(brief_for(made, "opensora", prompt='a "quoted", [1]\nfox'), folder)
    with open(folder / "prompts.csv", encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [{"text": 'a "quoted", [1]\nfox'}]


def test_the_checkouts_commit_is_part_of_the_version_and_where_it_lies_is_not_part_of_a_brief(tmp_path: Path) -> None:
    made = engine(tmp_path)
    assert made.version == "magi1-1 0123456789ab"
    assert {"checkout", "python", "weights"}.isdisjoint(made.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_without_a_checkout_it_says_what_to_clone(name: str, tmp_path: Path) -> None:
    made = load("engines", name).Engine()
    found = weights.locate(made.needs.weights, tmp_path)
    with pytest.raises(BadInput, match=r"git clone") as refused:
        weights.require(f"engine {name}", made.needs.weights, found, tmp_path)
    assert made.repository in str(refused.value) and "\n" not in str(refused.value)


def test_an_unknown_placeholder_is_refused_with_the_choices() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match=r"unknown placeholder \{promt\}.*prompt_file"):
        load("engines", "magi1").Engine({"command": ["{python}", "{promt}"]})


def test_a_checkout_that_is_not_there_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    made = load("engines", "magi1").Engine()
    with pytest.raises(StudioError, match="needs its checkout"):
        made.shoot(small(made), tmp_path / "clip.mp4", lambda share: None)
