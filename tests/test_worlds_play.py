"""Playing a world model: the door, what a page may say, pacing without queues, takes, and what a session does."""

from __future__ import annotations

import copy
import gc
import json
import threading
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
import torch
from lab import here
from play_lab import ADDRESS, NAMES, OURS, SOCKET, footage, player, seated, tiny_flow, tiny_room, weights
from screening_lab import plan, shelve, visitor
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from studio.config import Workspace
from studio.crew.dailies import also_played
from studio.crew.played import Roll, keep, played
from studio.errors import BadInput
from studio.viewer.guard import Access
from studio.viewer.play.app import build
from studio.viewer.play.keymap import table
from studio.viewer.play.seat import FINISHED, IN_FLIGHT, RECORDED, TRUE
from studio.worlds.data.record import Recipe, record
from studio.worlds.envs.base import open_environment
from studio.worlds.models import latent_det
from studio.worlds.play.onnx_export import export
from studio.worlds.play.onnx_runtime import Exported
from studio.worlds.play.players import Players, on_the_table, ready
from studio.worlds.play.session import Session
from studio.worlds.play.starts import LENGTH, made, recorded

torch.set_num_threads(1)


# The door


def refused(client: TestClient, headers: dict[str, str]) -> bool:
    try:
        with client.websocket_connect(SOCKET, headers=headers):
            return False
    except WebSocketDisconnect as closed:
        return closed.code == 1008


def test_page_and_socket_want_the_cookie(space: Workspace) -> None:
    client = TestClient(build(tiny_room(space), Access(port=8420)), base_url=ADDRESS)
    assert client.get("/").status_code == 403
    assert client.get("/starts/0.png").status_code == 403
    assert refused(client, OURS)
    client.cookies.set("studio_8420", "guess")
    assert refused(client, OURS)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:8420", "origin": "http://evil.example:8420"},
        {"host": "127.0.0.1:8420", "origin": "http://evil.example"},
        {"host": "127.0.0.1:8420", "origin": "null"},
        {"host": "127.0.0.1:8420"},
    ],
)
def test_a_page_of_another_site_cannot_play(space: Workspace, headers: dict[str, str]) -> None:
    client = player(tiny_room(space))
    assert refused(client, headers)
    assert not refused(client, OURS), "ours can"


def test_the_viewer_still_takes_no_socket(space: Workspace) -> None:
    assert refused(visitor(space), OURS)


def test_the_page_carries_the_viewers_headers_and_asks_nobody_else(space: Workspace) -> None:
    answer = player(tiny_room(space)).get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert "http://" not in answer.text and "https://" not in answer.text and " style=" not in answer.text
    assert "play/main.js" in answer.text and answer.text.count("data-place=") == 2


def test_places_have_pictures(space: Workspace) -> None:
    client = player(tiny_room(space))
    assert client.get("/starts/1.png").headers["content-type"] == "image/png"
    assert client.get("/starts/2.png").status_code == 404


# What a page may say


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no json", "makes no sense"),
        ("[1, 2]", "unknown message"),
        ('{"type": "dance"}', "unknown message; choose from: keys"),
        ('{"type": "keys", "seq": 1}', "makes no sense"),
        ('{"type": "keys", "action": 4, "seq": 1}', "action 4 does not exist; there are 0 to 3"),
        ('{"type": "keys", "action": -1, "seq": 1}', "action -1 does not exist"),
        ('{"type": "keys", "action": "left", "seq": 1}', "'left' is no whole number"),
        ('{"type": "reset", "place": 7}', "place 7 does not exist; there are 0 to 1"),
        ('{"type": "reset", "place": true}', "'True' is no whole number"),
        ('{"type": "model", "word": "/etc/passwd"}', "'/etc/passwd' is not being played; choose from:"),
        ('{"type": "tune", "steps": 3, "temperature": 1}', "3 steps cannot be sampled; choose from: 1, 2, 4, 8"),
        ('{"type": "tune", "steps": 2, "temperature": 9}', "temperature 9.0 outside"),
        ('{"type": "tune", "steps": 2, "temperature": NaN}', "temperature nan outside"),
        ('{"type": "record", "on": true, "production": "../x"}', "no production '../x'"),
    ],
)
def test_what_makes_no_sense_is_answered_in_one_line_and_play_goes_on(space: Workspace, said: str, told: str) -> None:
    with seated(player(tiny_room(space))) as page:
        page.socket.send_text(said)
        assert told in page.until("error")["text"]
        assert page.step(2)["action"] == 2


def test_a_model_without_sampling_says_so(space: Workspace) -> None:
    with seated(player(tiny_room(space, word="copy_last"))) as page:
        page.say("tune", steps=2, temperature=1)
        assert "copy_last samples nothing" in page.until("error")["text"]


def test_no_more_pages_than_seats(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.viewer.play.seat.SEATS", 1)
    client = player(tiny_room(space))
    with seated(client) as page, client.websocket_connect(SOCKET, headers=OURS) as second:
        assert "1 pages are open already" in json.loads(second.receive_text())["text"]
        assert page.step(1)["action"] == 1


def test_keys_mean_actions_by_their_names() -> None:
    rows = {str(row["name"]): row["needs"] for row in table(("noop", "jump_right", "duck", "move_left", "place_stone"))}
    assert rows == {"noop": [], "jump_right": ["jump", "right"], "duck": ["down"], "move_left": ["left"],
                    "place_stone": None}  # fmt: skip


# Play


def test_keys_reach_the_model_and_the_same_keys_give_the_same_dream(space: Workspace) -> None:
    with seated(player(tiny_room(space))) as page:
        first = page.frames[0]["pixels"]
        dream = [page.step(action)["pixels"] for action in (1, 2, 3)]
        page.say("reset", place=0)
        assert page.frame()["pixels"] == first
        assert [page.step(action)["pixels"] for action in (1, 2, 3)] == dream
        page.say("reset", place=0)
        page.frame()
        assert page.step(3)["pixels"] != dream[0], "another action, another frame"


def test_a_place_is_where_the_world_begins_again(space: Workspace) -> None:
    starts = footage()
    with seated(player(tiny_room(space, starts))) as page:
        page.say("reset", place=1)
        assert page.frame()["pixels"] == starts.moments[1].frames[-1].tobytes()


def test_frames_never_queue(space: Workspace) -> None:
    """At 100 frames a second, a page that paints nothing is sent nothing more than those that may be out."""
    room = tiny_room(space)
    with seated(player(room)) as page:
        page.say("pause", on=False)
        page.until("state", paint=False)
        held = [page.until("frame", paint=False) for _ in range(IN_FLIGHT)]
        time.sleep(0.3)
        page.say("side", on=False)  # answered with a state and a still, so that waiting for a frame would not hang
        after = [page.hear()["type"] for _ in range(2)]
        assert after == ["state", "frame"], "nothing was stepped meanwhile"
        page.say("painted", frame=page.frames[-1]["number"])
        again = page.frame()
        assert again["number"] == held[-1]["number"] + 2


def test_a_key_that_comes_early_brings_the_next_step_forward(space: Workspace) -> None:
    from dataclasses import replace

    slow = replace(footage(), fps=2.0)
    with seated(player(tiny_room(space, slow))) as page:
        page.say("pause", on=False)
        page.frame()
        page.frame()
        time.sleep(0.05)
        start, seq = time.perf_counter(), page.key(2)
        assert page.frame()["seq"] == seq
        assert time.perf_counter() - start < 0.3, "and does not wait for its half second"


def test_a_paused_world_rests_and_a_single_step_is_one_frame(space: Workspace) -> None:
    with seated(player(tiny_room(space))) as page:
        numbers = [page.step(1)["number"] for _ in range(3)]
        assert numbers == [2, 3, 4]


def test_the_simulator_plays_the_same_actions(space: Workspace) -> None:
    starts = made(1)
    env = starts.simulator(starts.moments[0])
    with seated(player(tiny_room(space, starts, word="copy_last"))) as page:
        page.say("side", on=True)
        shown = page.frame()
        half = len(shown["pixels"]) // 2
        assert shown["flags"] & TRUE and shown["pixels"][half:] == starts.moments[0].frames[-1].tobytes()
        for action in (2, 2, 5, 5, 0):
            frame = page.step(action)
            assert frame["pixels"][half:] == env.step(action)[0].tobytes()
            assert frame["pixels"][:half] == starts.moments[0].frames[-1].tobytes(), "copy_last dreams of nothing new"
            assert not frame["flags"] & FINISHED


def test_another_model_goes_on_from_what_was_shown_last(space: Workspace) -> None:
    with seated(player(tiny_room(space))) as page:
        last = page.step(1)["pixels"]
        page.say("model", word="copy_last")
        while page.until("state")["word"] != "copy_last":
            pass
        assert page.step(2)["pixels"] == last


def test_leaving_frees_the_session_and_keeps_the_take(space: Workspace) -> None:
    room = tiny_room(space, made(1), word="copy_last")
    with seated(player(room)) as page:
        page.say("record", on=True)
        page.until("state")
        assert page.step(2)["flags"] & RECORDED
        page.step(2)
    end = time.monotonic() + 10
    while room.seats or not list((space.runs / ".worlds" / "takes").glob("*.json")):
        assert time.monotonic() < end, "the seat is free and the take is kept"
        time.sleep(0.05)


def test_two_pages_play_worlds_of_their_own(space: Workspace) -> None:
    client = player(tiny_room(space))
    with seated(client) as one, seated(client) as other:
        a = [one.step(1)["pixels"], other.step(2)["pixels"], one.step(1)["pixels"]]
    with seated(client) as alone:
        assert [alone.step(1)["pixels"], alone.step(1)["pixels"]] == [a[0], a[2]]


# Takes


def test_a_take_is_a_clip_with_its_actions(space: Workspace) -> None:
    room = tiny_room(space)
    with seated(player(room)) as page:
        page.step(1)
        page.say("record", on=True)
        page.until("state")
        for action in (2, 2, 3):
            page.step(action)
        page.say("record", on=False)
        kept = page.until("kept")
    assert kept["file"] == "runs/.worlds/takes/take-1.mp4" and kept["frames"] == 4 and not kept["command"]
    facts = json.loads((space.root / kept["file"]).with_suffix(".json").read_text())
    assert facts["actions"] == [2, 2, 3] and facts["action_names"] == list(NAMES) and facts["steps"] == 2
    assert facts["place"] == "clip 0" and facts["runtime"] == "torch"
    shown = pictures(space.root / kept["file"])
    assert shown.shape == (4, 32 * 15, 48 * 15, 3), "enlarged by a whole number"


def pictures(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_a_take_lands_in_the_dailies_and_on_the_page_of_a_production(space: Workspace) -> None:
    folder = shelve(space, "film", document=plan())
    (folder / "slate.json").write_text("{}")
    with seated(player(tiny_room(space))) as page:
        page.say("record", on=True, production="film")
        page.until("state")
        page.step(1)
        page.say("reset")
        kept = page.until("kept")
    assert kept["command"] == "studio dailies film" and "began again" in kept["why"]
    (take,) = played(folder)
    assert take.name == "played_tk1" and take.path == space.root / kept["file"]

    class Known:
        name, folder = "film", take.path.parent.parent

    assert [each.name for each in also_played(Known)] == ["played_tk1"]  # type: ignore[arg-type]
    assert also_played(Known, circled=True) == [] and also_played(Known, scene=1) == []  # type: ignore[arg-type]
    client = visitor(space)
    text = client.get("/productions/film").text
    assert "Played take 1" in text and "/media/played/1/1" in text
    assert client.get("/media/played/1/1").content == take.path.read_bytes()
    assert client.get("/media/played/1/2").status_code == 404 and client.get("/media/played/9/1").status_code == 404


def test_takes_are_numbered_and_half_of_one_is_none(space: Workspace) -> None:
    folder = space.runs / "film"
    (folder / "played").mkdir(parents=True)
    (folder / "slate.json").write_text("{}")
    (folder / "played" / "take-3.mp4").write_bytes(b"no take: it has no JSON file")
    frame = np.zeros((32, 48, 3), np.uint8)
    with Roll(frame) as roll:
        roll.append(1, frame)
        assert keep(space, "film", roll, 20, {}).number == 4
    assert [take.number for take in played(folder)] == [4]
    with Roll(frame) as roll, pytest.raises(BadInput, match="nothing was played"):
        keep(space, "film", roll, 20, {})
    assert not list((folder / "played").glob(".*"))


# Places


def test_places_are_made_where_there_is_no_data_and_the_simulator_reaches_them() -> None:
    starts = made(2)
    assert starts.size == (96, 128) and starts.fps == 20
    for moment in starts.moments:
        assert moment.frames.shape == (LENGTH, 96, 128, 3) and moment.actions.shape == (LENGTH - 1,)
        env = starts.simulator(moment)
        assert np.array_equal(env.render(), moment.frames[-1])


def test_places_of_a_data_set_are_on_levels_that_nothing_was_trained_on(tmp_path: Path) -> None:
    record(Recipe("backlot", {"train": 1, "val": 1, "test": 2}, steps=40), tmp_path)
    starts = recorded(tmp_path)
    assert [moment.label for moment in starts.moments] == ["test level 0", "test level 1"]
    assert all(starts.simulator(moment) is not None for moment in starts.moments)
    assert list(starts.action_names) == list(open_environment("backlot").action_names)
    shard = next(tmp_path.glob("test-*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    with pytest.raises(BadInput, match=r"test-00000\.safetensors does not have its checksum"):
        recorded(tmp_path)


def test_a_world_that_does_not_replay_has_no_truth_beside_the_dream() -> None:
    starts = made(1)
    other = copy.copy(starts.moments[0])
    object.__setattr__(other, "before", (0, *other.before[1:]))
    assert starts.simulator(other) is None


# Models made ready


def test_what_is_on_the_table(tmp_path: Path) -> None:
    words = on_the_table(["mine.safetensors", "copy_last"])
    assert words[:2] == ["mine.safetensors", "copy_last"] and "autoencoder" not in words
    assert len(set(words)) == len(words)
    assert on_the_table([])[0] == "pixel_film"


def test_models_that_do_not_fit_are_named(space: Workspace) -> None:
    path = weights(space.root, tiny_flow())
    players = Players([path], (96, 128), "abcdefgh", space.runs)
    with pytest.raises(BadInput, match=r"plays 32x48 frames with 4 actions; the footage has 96x128 and 8"):
        players.open(path)
    with pytest.raises(BadInput, match="unknown runtime 'fast'; choose from: int8, float32, torch"):
        ready(path, (32, 48), "abcd", space.runs, "fast")
    with pytest.raises(BadInput, match="no weights for 'nothing'"):
        ready("nothing", (32, 48), "abcd", space.runs)


def test_the_command_line_says_what_is_wrong_in_one_line(space: Workspace) -> None:
    for arguments, said in (
        (("play", "nothing"), "no weights for 'nothing'"),
        (("play", "--data", str(space.root)), "is no data set"),
        (("export", "copy_last", "--out", str(space.root / "out")), "copy_last cannot be exported"),
    ):
        done = here("world", *arguments)
        assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") <= 2
    assert not (space.root / "out").exists()


# Sessions


def test_settling_makes_no_difference_to_any_frame() -> None:
    model = tiny_flow()
    frames = torch.randint(0, 255, (1, 6, 32, 48, 3), dtype=torch.uint8)
    actions = torch.randint(0, 4, (1, 5))
    made = []
    for settles in (False, True):
        context, generator = model.init_context(frames, actions), torch.Generator().manual_seed(3)
        for action in (1, 2, 3, 1, 0, 2):
            made.append(model.step(context, torch.tensor([action]), generator))
            if settles:
                model.settle(context)
                model.settle(context)
    assert all(torch.equal(a, b) for a, b in zip(made[:6], made[6:], strict=True))


def grown(session: Session, steps: int) -> float:
    """Megabytes by which the process grows in so many steps, after a start that fills its caches."""

    def go(count: int) -> int:
        for n in range(count):
            session.step(n % 4)
            session.settle()
        gc.collect()
        return int(psutil.Process().memory_info().rss)

    before = go(40)
    session.reset(1)
    return (go(steps) - before) / 2**20


@pytest.mark.parametrize("runtime", ["torch", "int8"])
def test_memory_is_flat(space: Workspace, runtime: str) -> None:
    room = tiny_room(space, runtime=runtime)
    assert grown(Session(room.players, room.starts, room.players.words[0]), 200) < 6


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_memory_is_flat_over_ten_minutes(space: Workspace) -> None:
    room = tiny_room(space, runtime="int8")
    with seated(player(room)) as page:
        page.say("pause", on=False)
        for _ in range(300):
            page.frame()
        process, end = psutil.Process(), time.monotonic() + 600
        before = process.memory_info().rss
        while time.monotonic() < end:
            page.key(len(page.frames) % 4)
            page.frame()
            page.frames.clear()
            page.told.clear()
        assert (process.memory_info().rss - before) / 2**20 < 16


def test_nothing_runs_on_after_the_pages_are_gone(space: Workspace) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    room = tiny_room(space)
    with player(room) as client, seated(client) as page:
        page.step(1)
    room.close()
    end = time.monotonic() + 5
    while left := [t for t in threading.enumerate() if t.ident not in before and t.name.startswith("world")]:
        assert time.monotonic() < end, left
        time.sleep(0.02)


# The export


def rolled(model: Any, actions: tuple[int, ...] = (1, 2, 3, 0, 1, 2)) -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    frames = torch.randint(0, 255, (1, 7, 32, 48, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    context = model.init_context(frames, torch.zeros(1, 6, dtype=torch.int64))
    return torch.stack([model.step(context, torch.tensor([action]), generator)[0] for action in actions]).float()


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    home, model = tmp_path_factory.mktemp("exports"), tiny_flow()
    for int8 in (False, True):
        export(model, home / str(int8), int8)
    return {int8: home / str(int8) for int8 in (False, True)}


def test_the_export_agrees_with_torch_in_float32(exports: dict[bool, Path]) -> None:
    model, exported = tiny_flow(), Exported(exports[False], 1)
    frames = torch.randint(0, 255, (1, 9, 32, 48, 3), dtype=torch.uint8)
    actions = torch.randint(0, 4, (1, 8))
    contexts = [each.init_context(frames, actions) for each in (model, exported)]
    for action in (1, 2, 3, 0, 1, 2):
        latents = [
            each._next(context, torch.tensor([action]), torch.Generator().manual_seed(action), 4)[0]
            for each, context in zip((model, exported), contexts, strict=True)
        ]
        assert (latents[0] - latents[1]).abs().max() <= 1e-4
    assert (rolled(model) - rolled(exported)).abs().max() <= 1


@pytest.mark.parametrize("mover", ["advection", "pixel_film"])
def test_a_flow_that_corrects_a_mover_is_exported_with_it(tmp_path: Path, mover: str) -> None:
    model = tiny_flow(mover)
    export(model, tmp_path, int8=False)
    assert (tmp_path / "mover.onnx").is_file()
    assert (rolled(model) - rolled(Exported(tmp_path, 1))).abs().max() <= 1
    (tmp_path / "mover.onnx").unlink()
    with pytest.raises(BadInput, match=r"mover\.onnx is missing or damaged; export again"):
        Exported(tmp_path, 1)


def test_int8_stays_near_float32(exports: dict[bool, Path]) -> None:
    error = (rolled(Exported(exports[True], 1)) - rolled(tiny_flow())).square().mean()
    assert 10 * np.log10(255**2 / float(error)) > 40


def test_int8_quantises_the_trunk_alone(exports: dict[bool, Path]) -> None:
    import onnx

    for part in ("trunk", "encoder", "decoder"):
        kinds = {node.op_type for node in onnx.load(exports[True] / f"{part}.onnx").graph.node}
        assert ("MatMulInteger" in kinds) == (part == "trunk")


def test_guidance_and_steps_work_in_the_export(exports: dict[bool, Path]) -> None:
    model, exported = tiny_flow(), Exported(exports[False], 1)
    for each in (model, exported):
        each.sampling(2, 2.0, 0.5)
    assert (rolled(model) - rolled(exported)).abs().max() <= 1


def test_a_copied_context_goes_its_own_way(exports: dict[bool, Path]) -> None:
    exported = Exported(exports[False], 1)
    frames = torch.randint(0, 255, (1, 5, 32, 48, 3), dtype=torch.uint8)
    one = exported.init_context(frames, torch.zeros(1, 4, dtype=torch.int64))
    two = copy.deepcopy(one)

    def go(context: Any, action: int) -> torch.Tensor:
        frame: torch.Tensor = exported.step(context, torch.tensor([action]), torch.Generator().manual_seed(0))
        return frame

    first = go(one, 1)
    go(one, 2)
    assert torch.equal(go(two, 1), first)


def test_an_export_is_played_by_its_folder(space: Workspace, exports: dict[bool, Path]) -> None:
    with seated(player(tiny_room(space, word=str(exports[True])))) as page:
        assert next(said for said in page.told if said["type"] == "state")["runtime"] == "ONNX int8"
        assert page.step(1)["pixels"] != page.step(1)["pixels"]


def test_a_kept_export_is_used_again_and_a_damaged_one_is_made_again(space: Workspace) -> None:
    path, heard = weights(space.root, tiny_flow()), list[str]()
    for _ in range(2):
        ready(path, (32, 48), "abcd", space.runs, "float32", 1, heard.append)
    assert len(heard) == 1 and heard[0].startswith("exporting latent_flow")
    trunk = next(space.runs.glob("*/trunk.onnx"))
    trunk.write_bytes(trunk.read_bytes()[:-1])
    ready(path, (32, 48), "abcd", space.runs, "float32", 1, heard.append)
    assert "damaged" in heard[1]


def test_what_is_no_export_is_said(tmp_path: Path, exports: dict[bool, Path]) -> None:
    with pytest.raises(BadInput, match=r"is no export: it has no world_model\.json"):
        Exported(tmp_path)
    (tmp_path / "world_model.json").write_text("{")
    with pytest.raises(BadInput, match="is damaged"):
        Exported(tmp_path)
    with pytest.raises(BadInput, match="latent_det cannot be exported; choose a latent_flow"):
        export(latent_det.Model.tiny(), tmp_path)
    with pytest.raises(BadInput, match="one clip at a time, not 2"):
        Exported(exports[False], 1).init_context(
            torch.zeros(2, 3, 32, 48, 3, dtype=torch.uint8), torch.zeros(2, 2, dtype=torch.int64)
        )
