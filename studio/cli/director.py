"""`studio director`: the policy that learns from every take."""

from __future__ import annotations

import json

import typer

app = typer.Typer(help="The directing policy: show, reset, train, bench.", no_args_is_help=True)


@app.command()
def show(as_json: bool = typer.Option(False, "--json", help="JSON on stdout.")) -> None:
    """Which version the next production starts from, and what it has learned from."""
    from studio.config import load, workspace
    from studio.crew.lineage import starting_version

    space = workspace()
    version, path = starting_version(space, load(space))
    from studio.policy.versions import from_bytes

    state = from_bytes(path.read_bytes(), str(path))
    facts = {"version": version, "file": str(path), "updates": state.step, "baseline": state.baseline.mean}
    if as_json:
        print(json.dumps(facts))
        return
    for key, value in facts.items():
        print(f"{key:<10} {value}")


@app.command()
def reset() -> None:
    """Go back to the shipped policy; the versions learned so far stay as files."""
    from studio.config import workspace
    from studio.policy.versions import PolicyStore, shipped_path

    store = PolicyStore(workspace().policies)
    store.set_current(store.adopt(shipped_path()))
    print(f"the next production starts from the shipped policy ({store.current()})")


@app.command()
def train(
    steps: int = typer.Option(100, min=1, help="Optimizer steps; each sees 4 shots."),
    shots: int = typer.Option(256, min=4, help="Made-up shots to rehearse on."),
    takes: int = typer.Option(8, min=2, help="Directions tried for each shot and step."),
    seed: int = typer.Option(0, help="Of shots and sampling."),
    fresh: bool = typer.Option(False, "--from-shipped", help="Start from the shipped policy, not the current one."),
) -> None:
    """Train the policy on rehearsed takes (TRL's GRPO); the next production starts from the result.

    Example: studio director train --steps 20 --shots 32 (a minute on a laptop)
    """
    from studio.config import load, workspace
    from studio.crew.lineage import starting_version
    from studio.policy.rehearsal import bench as compare
    from studio.policy.train import train as learn
    from studio.policy.versions import PolicyStore, shipped_path

    space = workspace()
    store = PolicyStore(space.policies)
    start = shipped_path() if fresh else starting_version(space, load(space))[1]
    learned = learn(start, steps, seed, shots, takes)
    version = store.put(learned)
    marks = compare({"before": start, "after": learned})
    store.set_current(version)
    print(f"version {version[:12]}: film-grammar reward {marks['before']:.3f} before, {marks['after']:.3f} after")


@app.command()
def bench(
    draws: int = typer.Option(200, min=1, help="Made-up shots to direct."),
    seed: int = typer.Option(0, help="Of shots and sampling."),
    as_json: bool = typer.Option(False, "--json", help="JSON on stdout."),
) -> None:
    """Compare the current policy with the shipped one, a newborn one and film grammar, on the same made-up shots.

    Example: studio director bench --draws 50
    """
    from studio.config import load, workspace
    from studio.crew.lineage import starting_version
    from studio.policy.rehearsal import bench as compare
    from studio.policy.rehearsal import uniform
    from studio.policy.versions import shipped_path

    space = workspace()
    current = starting_version(space, load(space))[1]
    marks = compare({"newborn": uniform(seed), "shipped": shipped_path(), "current": current}, draws, seed)
    if as_json:
        print(json.dumps(marks))
        return
    for label, mark in marks.items():
        print(f"{label:<14} {mark:.3f}")
