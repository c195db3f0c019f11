"""The film: director → references → dispatch → scenes, wave by wave → stitcher → report."""

from __future__ import annotations

from itertools import dropwhile
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send, interrupt

from graphs import scene
from graphs.state import FilmState
from studio.crew import director, editor, gates, references, requests, supervisor
from studio.crew.learner import Learner
from studio.crew.production import Production

Crew = Runtime[Production]


def plan(state: FilmState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    director.plan(production)
    return {"policy": state.get("policy") or production.slate.policy_version, "merged": state.get("merged", 0)}


def _approved(production: Production, gate: str) -> bool:
    """Wait at a gate for a person's word; whether it is to go on."""
    while not (gates.passed(production, gate) or gates.sent_back(production, gate)):
        interrupt({"gate": gate})
    gates.settle(production, gate, kind="approve")
    return gates.passed(production, gate)


def review_plan(state: FilmState, runtime: Crew) -> Command[Literal["director", "references"]]:
    """Wait for a person's word on the creative document, where they asked to be asked."""
    go_on = _approved(runtime.context, gates.PLAN) and not requests.looks(runtime.context)
    return Command(goto="references" if go_on else "director")


def draw_references(state: FilmState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    with production.clocked("references"):
        hashes = references.draw(production)
    production.memory.memoise("references", {"production": production.name}, hashes)
    return {}


def review_references(state: FilmState, runtime: Crew) -> Command[Literal["director", "dispatch"]]:
    """Wait for a person's word on the reference images."""
    go_on = _approved(runtime.context, gates.REFERENCES) and not requests.looks(runtime.context)
    return Command(goto="dispatch" if go_on else "director")


def dispatch(state: FilmState, runtime: Crew) -> Command[Literal["director", "scene", "stitcher"]]:
    """Join the last wave's updates to the chain in scene order, do what people asked, then send the next wave."""
    production = runtime.context
    ends = state.get("shot_scenes", [])
    policy = state["policy"]
    for end in sorted(ends[state.get("merged", 0) :], key=lambda e: e["scene"]):
        policy = _join(production, policy, end["scene"], end["end"], end["start"])
    requests.circle(production)
    done = {end["scene"] for end in ends}
    waiting = [s.number for s in production.document.scenes if not supervisor.settled(production, s, s.number in done)]
    again = [number for number in waiting if number in done]
    wave = (again or waiting)[: production.settings.production.parallel_scenes]
    update = {"policy": policy, "merged": len(ends), "wave": wave}
    if ends and not again:
        gate = gates.after(ends[-1]["scene"])
        gates.settle(production, gate, kind="send back")
        while not gates.passed(production, gate):
            interrupt({"gate": gate})
        gates.settle(production, gate, kind="approve")
    if requests.looks(production):
        return Command(update=update, goto="director")
    if not wave:
        return Command(update=update, goto="stitcher")
    sends = [Send("scene", {"scene": n, "wave_start": wave[0], "start": policy}) for n in wave]
    return Command(update=update, goto=sends)


def _join(production: Production, policy: str, number: int, end: str, start: str) -> str:
    if start == policy:
        return end
    taken = sorted(production.memory.takes(production.name, number), key=lambda take: take.id or 0)
    # A scene may be shot more than once in a round: its visit began with the take that was directed by ``start``.
    visit = list(dropwhile(lambda take: take.data["policy_parent"] != start, taken))
    return Learner(production).rebase(policy, end, visit)


def stitch(state: FilmState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    requests.circle(production)
    with production.clocked("edit"):
        number = editor.cut(production)
    return {"cut": number}


def report(state: FilmState, runtime: Crew) -> dict[str, Any]:
    editor.deliver(runtime.context, state["policy"])
    return {}


def build(checkpointer: Any = None) -> Any:
    """The compiled film graph."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(FilmState, context_schema=Production)
    graph.add_node("director", plan)
    graph.add_node("review_plan", review_plan)
    graph.add_node("references", draw_references)
    graph.add_node("review_references", review_references)
    graph.add_node("dispatch", dispatch)
    graph.add_node("scene", scene.build())
    graph.add_node("stitcher", stitch)
    graph.add_node("report", report)
    graph.add_edge(START, "director")
    graph.add_edge("director", "review_plan")
    graph.add_edge("references", "review_references")
    graph.add_edge("scene", "dispatch")
    graph.add_edge("stitcher", "report")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=checkpointer)


graph = build()
