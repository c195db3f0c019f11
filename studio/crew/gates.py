"""Human gates (``--review``): a production waits for a person's word after the plan, the references and each scene.

A verdict is a row. The newest one of a gate counts: approved, the gate never closes again; sent back, what lies before
it is made anew and the gate waits again. The graph closes a verdict only when its effect is durable.
"""

from __future__ import annotations

import re

from studio.crew import requests
from studio.crew.production import Production
from studio.errors import BadInput
from studio.memory.tables import Request

PLAN, REFERENCES = "plan", "references"


def after(scene: int) -> str:
    """The gate behind a scene."""
    return f"scene {scene}"


def waiting_at(production: Production) -> str:
    """The gate at which the production waits; empty where it does not."""
    row = production.memory.production(production.name)
    return row.gate if row is not None and row.status == "waiting" else ""


def approve(production: Production, note: str = "", once: str = "") -> Request:
    """Let the production go on; raises BadInput where it does not wait."""
    return requests.ask(production, "approve", once, gate=_gate(production), note=note)


def send_back(production: Production, note: str = "", once: str = "") -> Request:
    """Have what lies before the gate made again, with what the note and the open requests ask for. Raises BadInput."""
    gate = _gate(production)
    scene = re.fullmatch(r"scene (\d+)", gate)
    asked = [request.kind for request in requests.pending(production)]
    if not requests.check_note(note) and not asked:
        raise BadInput(f"say what should be different about the {gate}, or change something first")
    if scene and "retake" not in asked:
        number = int(scene[1])
        for shot in production.scene(number).shots:
            requests.ask_retake(production, number, shot.number, note, once=f"{once}/{shot.number}" if once else "")
    return requests.ask(production, "send back", once, gate=gate, note=note)


def _gate(production: Production) -> str:
    gate = waiting_at(production)
    if not gate:
        raise BadInput(f"{production.name} waits for nobody's word")
    return gate


def verdict(production: Production, gate: str) -> Request | None:
    """The newest verdict on a gate."""
    asked = production.memory.requests(production.name, done=None, gate=gate)
    given = [request for request in asked if request.outcome != "withdrawn"]
    return given[-1] if given else None


def passed(production: Production, gate: str) -> bool:
    """Whether the gate is open: nobody asked to be asked, or it was approved."""
    if not production.review:
        return True
    given = verdict(production, gate)
    return given is not None and given.kind == "approve"


def sent_back(production: Production, gate: str) -> bool:
    """Whether the newest word on the gate is to go back, and nobody has gone yet."""
    given = verdict(production, gate)
    return given is not None and given.kind == "send back" and not given.done


def notes(production: Production) -> list[str]:
    """What people said when they sent plan or references back: the director is told on every planning from then on."""
    asked = production.memory.requests(production.name, done=None, kind="send back")
    return [r.note for r in asked if r.gate in (PLAN, REFERENCES) and r.note and r.outcome != "withdrawn"]


def settle(production: Production, *gates: str, kind: str) -> None:
    """Close the open verdicts of this kind on these gates: they have been acted on."""
    for request in production.memory.requests(production.name, kind=kind):
        if request.gate in gates:
            production.memory.settle(request.id, "approved" if kind == "approve" else "made again")


def due(production: Production) -> bool:
    """Whether a run would do something now that people asked for."""
    gate = waiting_at(production)
    if gate:
        return passed(production, gate) or sent_back(production, gate)
    return bool(requests.pending(production))
