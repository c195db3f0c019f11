"""One open page: what it says is checked here, and its world is stepped in real time.

The page sends JSON; it is sent JSON (``hello``, ``state``, ``kept``, ``busy``, ``error``) and frames: `HEAD`, the
dreamt frame's RGB, and the simulator's where `TRUE` is set. A step begins when it is due, or at once when a key changes
before that; never while two frames are out that the page has not painted, so that nothing queues and a hidden page
rests.
"""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from studio.crew.played import Played, Roll, folder_for, keep
from studio.errors import BadInput, StudioError
from studio.viewer.play.keymap import table
from studio.viewer.play.room import SEATS, Room
from studio.worlds.play.session import Moment, Session

HEAD = struct.Struct("<IIIIffffff")
"""Frame's number, last key message that it knows, action, flags; milliseconds: that key waited for the step to begin,
model, simulator, encoding, from that key's arrival to this frame's leaving, and what the frame before left to do."""
TRUE, FINISHED, RECORDED = 1, 2, 4
IN_FLIGHT = 2
Said = dict[str, Any]


class Seat:
    """`run` lasts as long as the page is open, and frees everything when it ends."""

    def __init__(self, room: Room, socket: WebSocket) -> None:
        self.room, self.socket = room, socket
        self.session: Session | None = None
        self.roll: Roll | None = None
        self.production = ""
        self.paused, self.once, self.side = True, False, False
        self.action = self.seq = self.applied = 0
        self.sent = self.painted = self.tuned = 0
        self.heard = 0.0
        self.settled = 0.0
        self.stir = asyncio.Event()
        self.moving = asyncio.Lock()
        """Held while the world is stepped or changed."""
        self.orders: dict[str, Callable[[Said], Awaitable[None]]] = {
            "keys": self._keys, "painted": self._painted, "pause": self._pause, "once": self._once,
            "reset": self._reset, "model": self._model, "tune": self._tune, "side": self._side, "record": self._record,
        }  # fmt: skip

    async def run(self) -> None:
        """Serve the page until it goes."""
        await self.socket.accept()
        if self.room.seats >= SEATS:
            await self._say("error", text=f"{SEATS} pages are open already; close one")
            await self.socket.close(1013)
            return
        self.room.seats += 1
        try:
            if await self._opened():
                await self._until_gone()
        except (WebSocketDisconnect, RuntimeError):  # Starlette's word for sending to a page that has gone
            pass
        finally:
            self.room.seats -= 1
            await self._free()

    async def _until_gone(self) -> None:
        tasks = [asyncio.create_task(self._listening()), asyncio.create_task(self._stepping())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _free(self) -> None:
        """The page has gone; what it was recording is kept."""
        if self.roll is not None and self.roll.actions:
            await asyncio.to_thread(self._kept, self.roll)
        elif self.roll is not None:
            self.roll.close()
        if self.session is not None:
            await self.room.work(self.session.close)
        self.roll = self.session = None

    async def _opened(self) -> bool:
        players, starts = self.room.players, self.room.starts
        await self._say("busy", text=f"Opening {players.words[0]}")
        try:
            self.session = await self.room.work(Session, players, starts, players.words[0])
        except StudioError as error:
            await self._say("error", text=str(error))
            await self.socket.close(1011)
            return False
        height, width = starts.size
        await self._say(
            "hello", actions=table(starts.action_names), height=height, width=width, fps=starts.fps,
            places=len(starts.moments), models=list(players.words),
        )  # fmt: skip
        await self._tell()
        await self._show(self.session.frame)
        return True

    # --- listening

    async def _listening(self) -> None:
        while True:
            text = await self.socket.receive_text()
            try:
                said = json.loads(text)
                order = self.orders.get(str(said.get("type"))) if isinstance(said, dict) else None
                if order is None:
                    raise BadInput(f"unknown message; choose from: {', '.join(self.orders)}")
                await order(said)
            except StudioError as error:
                await self._say("error", text=str(error))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                await self._say("error", text=f"a message that makes no sense ({type(error).__name__})")
            self.stir.set()

    async def _keys(self, said: Said) -> None:
        action, seq = _whole(said["action"]), _whole(said["seq"])
        if not 0 <= action < len(self.room.starts.action_names):
            raise BadInput(f"action {action} does not exist; there are 0 to {len(self.room.starts.action_names) - 1}")
        if 0 <= seq < 2**32:
            self.action, self.seq, self.heard = action, seq, time.perf_counter()

    async def _painted(self, said: Said) -> None:
        self.painted = max(self.painted, min(_whole(said["frame"]), self.sent))

    async def _pause(self, said: Said) -> None:
        self.paused, self.once = bool(said["on"]), False
        await self._tell()

    async def _once(self, said: Said) -> None:
        self.paused = self.once = True

    async def _side(self, said: Said) -> None:
        self.side = bool(said["on"])
        await self._tell()
        await self._show(self._world.frame)

    async def _reset(self, said: Said) -> None:
        await self._end_roll("the take ended where the world began again")
        await self._change(self._world.reset, None if said.get("place") is None else _whole(said["place"]))
        await self._show(self._world.frame)

    async def _model(self, said: Said) -> None:
        word = str(said["word"])
        await self._end_roll("the take ended with its model")
        await self._say("busy", text=f"Opening {word[:80]}")
        await self._change(self._world.choose, word)

    async def _tune(self, said: Said) -> None:
        self.tuned = _whole(said.get("number", 0))
        await self._change(self._world.tune, _whole(said["steps"]), float(said["temperature"]))

    async def _record(self, said: Said) -> None:
        if not said["on"]:
            await self._end_roll("")
        elif self.roll is None:
            production = str(said.get("production", ""))
            folder_for(self.room.space, production)  # said before, not after a take was played
            self.production, self.roll = production, Roll(self._world.frame)
            await self._tell()

    async def _change(self, call: Callable[..., None], *arguments: Any) -> None:
        try:
            async with self.moving:
                await self.room.work(call, *arguments)
        finally:
            await self._tell()

    # --- stepping

    async def _stepping(self) -> None:
        period, due = 1 / self.room.starts.fps, time.perf_counter()
        while True:
            if (self.paused and not self.once) or self.sent - self.painted >= IN_FLIGHT:
                await self._stirred(None)
                due = max(due, time.perf_counter())
                continue
            wait = due - time.perf_counter()
            # A key that changes before its time brings the next step forward, once: the pace stays as it was.
            if wait > 0 and not (self.seq != self.applied and wait <= period):
                await self._stirred(wait)
                continue
            due = max(due + period, time.perf_counter())
            self.once = False
            async with self.moving:
                await self._step()

    async def _stirred(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self.stir.wait(), seconds)
        except TimeoutError:
            return
        self.stir.clear()

    async def _step(self) -> None:
        action, seq, heard = self.action, self.seq, self.heard
        waited = 1e3 * (time.perf_counter() - heard) if seq != self.applied else 0.0
        self.applied = seq
        try:
            moment = await self.room.work(self._world.step, action)
            await self._send(moment, seq, heard, waited)
            if self.roll is not None:
                self.roll.append(action, moment.frame)
            self.settled = await self.room.work(self._world.settle)
            if self.roll is not None and self.roll.full:
                await self._end_roll("the longest take there is")
        except StudioError as error:
            self.paused = True
            await self._say("error", text=str(error))

    async def _send(self, moment: Moment, seq: int, heard: float, waited: float) -> None:
        start = time.perf_counter()
        true = moment.true if self.side else None
        flags = TRUE * (true is not None) + FINISHED * moment.finished + RECORDED * (self.roll is not None)
        body = moment.frame.tobytes() + (true.tobytes() if true is not None else b"")
        self.sent += 1
        now = time.perf_counter()
        times = (waited, moment.model_ms, moment.simulator_ms, 1e3 * (now - start), 1e3 * (now - heard), self.settled)
        await self.socket.send_bytes(HEAD.pack(self.sent, seq, moment.action, flags, *times) + body)

    async def _show(self, frame: Any) -> None:
        """A frame that no step made."""
        world = self._world
        still = Moment(self.action, frame, world.true, world.finished, 0, 0)
        await self._send(still, self.applied, time.perf_counter(), 0)

    # --- takes

    async def _end_roll(self, why: str) -> None:
        roll, self.roll = self.roll, None
        if roll is None:
            return
        await self._tell()
        # Another thread: encoding must not hold up the worlds of other pages.
        made = await asyncio.to_thread(self._kept, roll)
        told = f"studio dailies {self.production}" if self.production else ""
        path = made.path.relative_to(self.room.space.root)
        facts = {"frames": made.facts["frames"], "fps": self.room.starts.fps}
        await self._say("kept", file=str(path), **facts, command=told, why=why)

    def _kept(self, roll: Roll) -> Played:
        world, starts = self._world, self.room.starts
        facts = {
            **{"model": world.word, "runtime": self.room.players.about(world.word)["runtime"], "seed": world.seed},
            **{"steps": world.steps, "temperature": world.temperature, "place": starts.moments[world.start].label},
            **{"world": starts.env, "action_names": list(starts.action_names)},
        }
        with roll:
            return keep(self.room.space, self.production, roll, starts.fps, facts)

    # --- saying

    @property
    def _world(self) -> Session:
        assert self.session is not None
        return self.session

    async def _tell(self) -> None:
        world = self._world
        await self._say(
            "state", **self.room.players.about(world.word), place=world.start, paused=self.paused,
            chosen={"steps": world.steps, "temperature": world.temperature}, recording=self.roll is not None,
            side=self.side, tuned=self.tuned, simulator=world.env is not None,
        )  # fmt: skip

    async def _say(self, kind: str, **facts: Any) -> None:
        await self.socket.send_text(json.dumps({"type": kind, **facts}))


def _whole(value: Any) -> int:
    """Raises BadInput for anything but a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(f"{str(value)[:40]!r} is no whole number")
    return value
