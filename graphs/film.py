"""The film: director → references → dispatch → scenes, wave by wave → stitcher → report."""

from __future__ import annotations

from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send, interrupt

from graphs import scene
from graphs.state import FilmState
from studio.crew import director, editor, references
from studio.crew.learner import Learner
from studio.crew.production import Production

Crew = Runtime[Production]


def plan(state: FilmState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    director.plan(production)
    return {"policy": state.get("policy") or production.slate.policy_version, "merged": 0}


def review_plan(state: FilmState, runtime: Crew) -> dict[str, Any]:
    """Wait for a person's word on the creative document, where they asked to be asked."""
    if runtime.context.review:
        interrupt({"gate": "creative document", "file": str(runtime.context.folder / "creative_document.json")})
    return {}


def draw_references(state: FilmState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    with production.clocked("references"):
        hashes = references.draw(production)
    production.memory.memoise("references", {"production": production.name}, hashes)
    return {}


def review_references(state: FilmState, runtime: Crew) -> dict[str, Any]:
    """Wait for a person's word on the reference images."""
    if runtime.context.review:
        interrupt({"gate": "references", "folder": str(runtime.context.space.bibles / runtime.context.name)})
    return {}


def dispatch(state: FilmState, runtime: Crew) -> Command[Literal["scene", "stitcher"]]:
    """Join the last wave's updates to the chain in scene order, then send the next wave."""
    production = runtime.context
    ends = state.get("shot_scenes", [])
    policy = state["policy"]
    for end in sorted(ends[state.get("merged", 0) :], key=lambda e: e["scene"]):
        policy = _join(production, policy, end["scene"], end["end"], end["start"], state.get("cut", 1))
    done = {end["scene"] for end in ends}
    waiting = [s.number for s in production.document.scenes if s.number not in done]
    wave = waiting[: production.settings.production.parallel_scenes]
    update = {"policy": policy, "merged": len(ends), "wave": wave}
    if production.review and ends and wave:
        interrupt({"gate": f"scene {ends[-1]['scene']}", "folder": str(production.folder / "scenes")})
    if not wave:
        return Command(update=update, goto="stitcher")
    sends = [Send("scene", {"scene": n, "wave_start": wave[0], "start": policy}) for n in wave]
    return Command(update=update, goto=sends)


def _join(production: Production, policy: str, number: int, end: str, start: str, cut: int) -> str:
    if start == policy:
        return end
    since = [take for take in production.memory.takes(production.name, number) if take.data["cut"] == cut]
    return Learner(production).rebase(policy, end, since)


def stitch(state: FilmState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
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
    graph.add_edge("review_plan", "references")
    graph.add_edge("references", "review_references")
    graph.add_edge("review_references", "dispatch")
    graph.add_edge("scene", "dispatch")
    graph.add_edge("stitcher", "report")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=checkpointer)


graph = build()
