"""One scene: for each shot enricher → shoot → critic → reward → learn, again for a retake, then commit."""

from __future__ import annotations

from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from graphs.state import SceneOutput, SceneState
from studio.crew import assembly, critic, enricher, requests, shooting, supervisor
from studio.crew.learner import Learner
from studio.crew.production import Production

Crew = Runtime[Production]


def slate(state: SceneState, runtime: Crew) -> dict[str, Any]:
    """Hold the slate before the next shot: number its first take, or skip a shot whose circle still stands."""
    production, position = runtime.context, state.get("position", 0)
    scene = production.scene(state["scene"])
    shot = scene.shots[position]
    taken = production.memory.takes(production.name, scene.number, shot.number)
    requests.circle(production)
    asked = requests.retake_of(production, scene.number, shot.number)
    skip = asked is None and enricher.still_valid(production, scene, shot)
    first = state.get("first") or len(taken) + 1
    request = (asked.id or 0) if asked else 0
    return {
        "position": position, "policy": state.get("policy") or state["start"], "skip": skip,
        "first": first, "take": state.get("take") or first,
        "request": request, "since": request or requests.newest(production),
    }  # fmt: skip


def after_slate(state: SceneState) -> Literal["enricher", "next_shot"]:
    return "next_shot" if state["skip"] else "enricher"


def enrich(state: SceneState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    scene = production.scene(state["scene"])
    shot = scene.shots[state["position"]]
    asked, setup = state.get("request", 0), None
    if not asked and state["take"] == state["first"]:
        setup = enricher.continuation(production, scene, shot)
    setup = setup or enricher.prepare(
        production, scene, shot, state["take"], state["policy"], state["wave_start"], asked
    )
    key, decision = enricher.remember(production, setup)
    return {"key": key, "decision": decision}


def shoot(state: SceneState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    scene = production.scene(state["scene"])
    return {"shooting": shooting.shoot(production, scene, scene.shots[state["position"]], state["take"], state["key"])}


def watch(state: SceneState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    assembly.go_on(production, state["key"])
    notes = critic.watch(production, production.scene(state["scene"]), state["key"], state["wave_start"])
    return {"faults": shooting.keep(production, "faults", notes)}


def reward(state: SceneState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    faults = shooting.kept(production, "faults", state["faults"])
    scene = production.scene(state["scene"])
    verdict = critic.judge(production, scene, state["key"], faults, state["wave_start"])
    return {"verdict": shooting.keep(production, "verdict", verdict), "accepted": verdict["accepted"]}


def learn(state: SceneState, runtime: Crew) -> dict[str, Any]:
    """Commit the take: score and policy update together. The only node that does."""
    production = runtime.context
    scene = production.scene(state["scene"])
    verdict = shooting.kept(production, "verdict", state["verdict"])
    decision = production.memory.recall("decision", {"key": state["decision"]})
    update, total = None, verdict["reward"]["total"]
    directed = not production.engine_of(scene).capabilities.game
    if total is not None and directed and production.settings.rl.learn:
        update = Learner(production).update(state["policy"], decision, total)
    supervisor.commit_take(
        production, scene, scene.shots[state["position"]], state["take"],
        key=state["key"], decision=decision, verdict=verdict,
        shooting=shooting.kept(production, "shooting", state["shooting"]), update=update, parent=state["policy"],
        request=state.get("request", 0),
    )  # fmt: skip
    return {"policy": update["version"] if update else state["policy"]}


def after_learn(state: SceneState, runtime: Crew) -> Literal["retake", "commit"]:
    rounds = state["take"] - state["first"] + 1
    if state["accepted"] or rounds >= runtime.context.settings.rl.takes_per_shot:
        return "commit"
    return "retake"


def retake(state: SceneState) -> dict[str, Any]:
    return {"take": state["take"] + 1}


def commit(state: SceneState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    scene = production.scene(state["scene"])
    shot = scene.shots[state["position"]]
    supervisor.circle(production, scene, shot, state["first"], state.get("request", 0), state.get("since", 0))
    return {}


def next_shot(state: SceneState, runtime: Crew) -> dict[str, Any]:
    production = runtime.context
    scene = production.scene(state["scene"])
    moved: dict[str, Any] = {"position": state["position"] + 1, "first": 0, "take": 0}
    if moved["position"] >= len(scene.shots):
        supervisor.log_scene(production, scene)
        end = {"scene": scene.number, "start": state["start"], "end": state["policy"]}
        moved["shot_scenes"] = [end]
    return moved


def after_shot(state: SceneState, runtime: Crew) -> Literal["slate", "__end__"]:
    scene = runtime.context.scene(state["scene"])
    return "slate" if state["position"] < len(scene.shots) else "__end__"


def build() -> Any:
    """The compiled scene graph; ``langgraph.json`` opens it too."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(SceneState, context_schema=Production, output_schema=SceneOutput)
    graph.add_node("slate", slate)
    graph.add_node("enricher", enrich)
    graph.add_node("shoot", shoot)
    graph.add_node("critic", watch)
    graph.add_node("reward", reward)
    graph.add_node("learn", learn)
    graph.add_node("retake", retake)
    graph.add_node("commit", commit)
    graph.add_node("next_shot", next_shot)
    graph.add_edge(START, "slate")
    graph.add_conditional_edges("slate", after_slate)
    graph.add_edge("enricher", "shoot")
    graph.add_edge("shoot", "critic")
    graph.add_edge("critic", "reward")
    graph.add_edge("reward", "learn")
    graph.add_conditional_edges("learn", after_learn)
    graph.add_edge("retake", "enricher")
    graph.add_edge("commit", "next_shot")
    graph.add_conditional_edges("next_shot", after_shot, {"slate": "slate", "__end__": END})
    return graph.compile()


graph = build()
