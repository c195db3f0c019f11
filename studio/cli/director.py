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
