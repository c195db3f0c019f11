"""A tiny world to play: random footage of 32×48 pixels, a tiny flow model with random weights, and a page's socket."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from starlette.testclient import TestClient

from studio.config import Workspace
from studio.viewer.guard import Access
from studio.viewer.play.app import build
from studio.viewer.play.room import Room
from studio.viewer.play.seat import HEAD
from studio.worlds.models import latent_flow
from studio.worlds.models.base import Trainable, model_class, save_weights
from studio.worlds.play.players import Players
from studio.worlds.play.starts import Start, Starts

ADDRESS = "http://127.0.0.1:8420"
NAMES = ("noop", "left", "right", "jump")
SOCKET = "ws://127.0.0.1:8420/socket"
OURS = {"host": "127.0.0.1:8420", "origin": ADDRESS}


def lively(model: Trainable, seed: int = 0) -> Any:
    """The model with weights that matter: what starts at zero is random too, so that actions change frames."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if parameter.dim() >= 2 and not parameter.abs().sum():
            parameter.data.normal_(0, 0.1, generator=generator)
    return model.eval()


def tiny_flow(mover: str = "") -> Any:
    torch.manual_seed(0)
    config = latent_flow.Model.tiny().config
    kept = dataclasses.asdict(model_class(mover).tiny().config) if mover else {}
    kept = {k: v for k, v in kept.items() if k not in ("height", "width", "actions")}
    return lively(latent_flow.Model(dataclasses.replace(config, mover=mover, mover_config=kept)))


def footage(places: int = 2, frames: int = 6, seed: int = 0) -> Starts:
    """Places of a world that nobody can simulate."""
    random = np.random.default_rng(seed)
    moments = [
        Start(f"clip {n}", random.integers(0, 255, (frames, 32, 48, 3), np.uint8), random.integers(0, 4, frames - 1))
        for n in range(places)
    ]
    return Starts(moments, NAMES, 100.0)


def tiny_room(space: Workspace, starts: Starts | None = None, runtime: str = "torch", word: str = "") -> Room:
    """A room where a tiny flow is played first, or ``word``."""
    starts = starts or footage()
    path = space.root / "tiny.safetensors"
    if not word:
        save_weights(tiny_flow(), path)
    words = [word or str(path), *([] if word == "copy_last" else ["copy_last"])]
    exports = space.runs / ".worlds" / "exports"
    return Room(space, Players(words, starts.size, starts.action_names, exports, runtime, 1), starts)


def player(room: Room) -> TestClient:
    """A browser that has opened the printed address."""
    access = Access(port=8420)
    client = TestClient(build(room, access), base_url=ADDRESS, follow_redirects=False)
    assert client.get(access.address().removeprefix(ADDRESS)).status_code == 200
    return client


class Page:
    """What the page's script does, by hand."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.seq = socket, 0
        self.frames: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []

    def say(self, kind: str, **facts: Any) -> None:
        self.socket.send_text(json.dumps({"type": kind, **facts}))

    def key(self, action: int) -> int:
        self.seq += 1
        self.say("keys", action=action, seq=self.seq)
        return self.seq

    def hear(self) -> dict[str, Any]:
        """The next message; a frame's ``type`` is ``frame``. Frames are told of as painted."""
        message = self.socket.receive()
        if message.get("text"):
            said: dict[str, Any] = json.loads(message["text"])
            self.told.append(said)
            return said
        data = message["bytes"]
        head = HEAD.unpack_from(data)
        names = ("number", "seq", "action", "flags", "wait", "model", "simulator", "encode", "inside", "settle")
        frame = {"type": "frame", **dict(zip(names, head, strict=True)), "pixels": data[HEAD.size :]}
        self.frames.append(frame)
        return frame

    def until(self, kind: str, paint: bool = True) -> dict[str, Any]:
        """Hear until a message of that kind."""
        for _ in range(400):
            said = self.hear()
            if said["type"] == "frame" and paint:
                self.say("painted", frame=said["number"])
            if said["type"] == kind:
                return said
            assert kind == "error" or said["type"] != "error", said
        raise AssertionError(f"no {kind} in 400 messages")

    def frame(self) -> dict[str, Any]:
        return self.until("frame")

    def step(self, action: int) -> dict[str, Any]:
        """One frame, by hand."""
        seq = self.key(action)
        self.say("once")
        while (frame := self.frame())["seq"] < seq:
            pass
        return frame


@contextmanager
def seated(client: TestClient) -> Iterator[Page]:
    """An open page whose first frame was painted."""
    with client.websocket_connect(SOCKET, headers=OURS) as socket:
        page = Page(socket)
        page.until("hello")
        page.frame()
        yield page


def weights(folder: Path, model: Trainable) -> str:
    path = folder / "weights.safetensors"
    save_weights(model, path)
    return str(path)
