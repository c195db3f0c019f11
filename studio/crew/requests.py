"""What people ask of the crew: rows that the graph acts on at its next step, each shown until it is done.

Terminal and viewer ask through these functions alone. Asking never waits for a rendering and never touches a
checkpoint; acting is safe to repeat, so that a kill at any moment neither loses a request nor carries it out twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from studio.crew import wardrobe
from studio.crew.production import Production
from studio.errors import BadInput
from studio.memory.tables import Circle, Request, Take
from studio.story.direction import check

ACTED_ON = ("circle", "retake", "look")
"""Kinds that a run carries out by itself. A note waits for the next retake of its shot; verdicts belong to gates."""
MAX_NOTE = 2_000


def ask(production: Production, kind: str, once: str = "", **asked: Any) -> Request:
    """Write one request. ``once`` names the form it came with: the same form again asks nothing more."""
    asked["note"] = check_note(asked.get("note", ""))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return production.memory.ask(
        Request(production=production.name, kind=kind, once=once or None, asked_at=now, **asked)
    )


def check_note(text: str) -> str:
    """The note on one line of at most MAX_NOTE characters; raises BadInput for a longer one."""
    note = " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())
    if len(note) > MAX_NOTE:
        raise BadInput(f"the note has {len(note)} characters; at most {MAX_NOTE} are read")
    return note


def ask_circle(production: Production, scene: int, shot: int, take: int, once: str = "") -> Request:
    """Ask for another circle take; raises BadInput that lists the takes there are."""
    _take(production, scene, shot, take)
    return ask(production, "circle", once, scene=scene, shot=shot, take=take)


def ask_retake(
    production: Production, scene: int, shot: int, note: str = "", direction: dict[str, str] | None = None,
    once: str = "",
) -> Request:  # fmt: skip
    """Ask for another take with a note and a changed direction; raises BadInput for an unknown shot, slot or value."""
    known = [f"{s.number}.{each.number}" for s in production.document.scenes for each in s.shots]
    if f"{scene}.{shot}" not in known:
        raise BadInput(f"no shot {f'{scene}.{shot}'!r}; there are: {', '.join(known)}")
    return ask(production, "retake", once, scene=scene, shot=shot, note=note, direction=check(direction or {}))


def ask_note(
    production: Production, scene: int, shot: int, take: int, frame: int, note: str, once: str = ""
) -> Request:
    """Note something at a frame of a take: the next retake of its shot is told, and time lines carry it as a marker."""
    row = _take(production, scene, shot, take)
    brief = production.memory.recall("brief", {"key": row.key}) or {}
    frames = int(brief.get("frames") or frame + 1)
    if not 0 <= frame < frames:
        raise BadInput(f"frame {frame} is not in take {take} of {scene}.{shot}; it has frames 0 to {frames - 1}")
    if not check_note(note):
        raise BadInput("the note is empty; say what there is to see")
    return ask(production, "note", once, scene=scene, shot=shot, take=take, frame=frame, note=note)


def ask_look(production: Production, character: str, look: dict[str, Any], once: str = "") -> Request | None:
    """Ask that a character look otherwise in every shot; None where nothing would change. Raises BadInput."""
    changed = wardrobe.check_look(planned(production), character, look)
    return ask(production, "look", once, character=character, look=changed) if changed else None


def planned(production: Production) -> Any:
    """The creative document with every look that was asked for and is not carried out yet."""
    data = production.document.model_dump(mode="json")
    for request in production.memory.requests(production.name, kind="look"):
        data = wardrobe.worn(data, request.character, request.look) or data
    return type(production.document).model_validate(data)


def withdraw(production: Production, id: int) -> None:
    """Take an open request back, or tick off a note; raises BadInput where it is none of this production."""
    if not any(request.id == id for request in production.memory.requests(production.name)):
        raise BadInput(f"{production.name} has no open request number {id}")
    production.memory.settle(id, "withdrawn")


def looks(production: Production) -> list[Request]:
    """Changed looks that are not in the plan yet."""
    return production.memory.requests(production.name, kind="look")


def pending(production: Production) -> list[Request]:
    """What a run would carry out now."""
    return [request for request in production.memory.requests(production.name) if request.kind in ACTED_ON]


def tell(request: Request) -> str:
    """The request in a few words, for terminal and viewer."""
    shot, note = f"{request.scene}.{request.shot}", f": {request.note}" if request.note else ""
    if request.kind == "circle":
        return f"take {request.take} of {shot} circled"
    if request.kind == "retake":
        changed = "".join(f", {slot.replace('_', ' ')} {value}" for slot, value in request.direction.items())
        return f"another take of {shot}{note}{changed}"
    if request.kind == "note":
        return f"frame {request.frame} of take {request.take} of {shot}{note}"
    if request.kind == "look":
        return f"{request.character} looks otherwise: {', '.join(_told(request.look))}"
    return f"{request.kind} the {request.gate}{note}"


def _told(look: dict[str, Any]) -> list[str]:
    return [
        f"{name} {', '.join(value) if isinstance(value, list) else value}"
        for name, value in {**look, **look.get("colours", {})}.items()
        if name not in ("colours", "description")
    ] or ["described anew"]


def _take(production: Production, scene: int, shot: int, number: int) -> Take:
    takes = production.memory.takes(production.name, scene, shot)
    found = next((take for take in takes if take.number == number), None)
    if found is None:
        known = ", ".join(str(take.number) for take in takes) or "none yet"
        raise BadInput(f"shot {scene}.{shot} has no take {number}; there are: {known}")
    return found


# Acting: called by the graph, between shots and between scenes


def circle(production: Production) -> None:
    """Circle the takes that people chose, in the order in which they asked."""
    memory, name = production.memory, production.name
    for request in memory.requests(name, kind="circle"):
        taken = memory.takes(name, request.scene, request.shot)
        chosen = next((take for take in taken if take.number == request.take), None)
        if chosen is None:
            memory.settle(request.id, f"there is no take {request.take}")
            continue
        memory.circle(
            Circle(production=name, scene=request.scene, shot=request.shot, number=chosen.number, brief_key=chosen.key)
        )
        memory.settle(request.id, f"take {chosen.number} circled")


def circled_by_hand(production: Production, scene: int, shot: int, after: int) -> int | None:
    """Number of the take that a person circled later than request ``after``; their word is the last one."""
    asked = production.memory.requests(production.name, done=None, kind="circle", scene=scene, shot=shot)
    chosen = [request.take for request in asked if (request.id or 0) > after and request.outcome != "withdrawn"]
    return chosen[-1] if chosen else None


def retake_of(production: Production, scene: int, shot: int) -> Request | None:
    """The oldest retake that a person still waits for on this shot."""
    return next(iter(production.memory.requests(production.name, kind="retake", scene=scene, shot=shot)), None)


def newest(production: Production) -> int:
    """Id of the newest request; 0 where nobody asked for anything."""
    return max((request.id or 0 for request in production.memory.requests(production.name, done=None)), default=0)


def by_id(production: Production, id: int) -> Request | None:
    """The request with this id, open or done."""
    return next((r for r in production.memory.requests(production.name, done=None, id=id)), None) if id else None


def notes_for(production: Production, request: Request) -> list[str]:
    """Notes on the shot that were written before this retake was asked for; later ones are for the next."""
    notes = production.memory.requests(production.name, kind="note", scene=request.scene, shot=request.shot)
    return [note.note for note in notes if (note.id or 0) < (request.id or 0)]


def finish_retake(production: Production, request: Request, take: int) -> None:
    """The retake is circled: it and the notes that it answered are done. The notes first: the retake names them."""
    for note in production.memory.requests(production.name, kind="note", scene=request.scene, shot=request.shot):
        if (note.id or 0) < (request.id or 0):
            production.memory.settle(note.id, f"told for take {take}")
    production.memory.settle(request.id, f"take {take}")
