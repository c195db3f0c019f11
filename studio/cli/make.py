"""`studio make` and `studio resume`."""

from __future__ import annotations

from pathlib import Path

import typer

from studio.errors import BadInput


def _settings_flags(engine: str, artist: str, llm: str, scenes: str, seed: str) -> list[str]:
    flags = [
        ("production.engine", engine), ("production.artist", artist), ("director.llm", llm),
        ("production.scenes", scenes), ("production.seed", seed),
    ]  # fmt: skip
    for key, value in flags:
        if key in ("production.scenes", "production.seed") and value and not value.lstrip("-").isdigit():
            raise BadInput(f"--{key.split('.')[1]} {value!r} is not a whole number")
    return [f"{key}={value if value.lstrip('-').isdigit() else _quoted(value)}" for key, value in flags if value]


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)


def make(
    prompt: str = typer.Option("", help="One sentence, or many: what the film is about."),
    storyboard: Path | None = typer.Option(None, help="Plan from a JSON file instead of a prompt."),
    slate: Path | None = typer.Option(None, help="Make a production again from its slate.json: the same film."),
    name: str | None = typer.Option(None, help="Name of the production [default: from the prompt]."),
    engine: str = typer.Option("", help="Video engine [previz]; `studio engines` lists them."),
    artist: str = typer.Option("", help="Reference artist [previz]."),
    llm: str = typer.Option("", help="Screenwriter [offline]."),
    scenes: str = typer.Option("", help="Number of scenes, 1-12 [6]."),
    seed: str = typer.Option("", help="Another seed, another film [0]."),
    bible: str | None = typer.Option(None, help="Reuse characters and places of an earlier production."),
    config: Path | None = typer.Option(None, help="A studio.toml to use on top of the workspace's."),
    sets: list[str] = typer.Option([], "--set", help="section.key=value, e.g. --set rl.takes_per_shot=2"),
    accept_licence: list[str] = typer.Option([], metavar="NAME", help="Accept a licence for this film alone."),
    review: bool = typer.Option(False, help="Wait for your word after plan, references and each scene."),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON on stdout."),
) -> None:
    """Make a film.

    Examples:
      studio make --prompt "A lighthouse keeper adopts a lost whale"
      studio make --prompt "A noir chase over wet rooftops" --scenes 4 --seed 7
      studio make --storyboard board.json
      studio make --slate runs/a-lighthouse-keeper/slate.json
    """
    from studio.config import load, workspace

    given = [flag for flag, value in (("--prompt", prompt), ("--storyboard", storyboard), ("--slate", slate)) if value]
    if len(given) > 1:
        raise BadInput(f"give one of --prompt, --storyboard and --slate, not {' and '.join(given)}")
    space = workspace()
    if slate is not None:
        _make_again(slate, name, as_json, review, accept_licence)
        return
    from studio.crew import clearance, opening

    settings = load(space, config, [*sets, *_settings_flags(engine, artist, llm, scenes, seed)])
    settings = clearance.accept(space, settings, accept_licence)
    document, fallbacks = None, []
    if storyboard is not None:
        document, fallbacks = _read_storyboard(storyboard)
        prompt = document.logline
    text = opening.check_prompt(prompt)
    made, policy = opening.write_slate(
        space, settings, prompt=text, name=name, bible=bible, document=document, fallbacks=fallbacks
    )
    _start(space, made, policy, as_json, review, replay=False)


def _read_storyboard(path: Path):  # type: ignore[no-untyped-def]
    from studio.llm._offline.storyboard import read_storyboard

    return read_storyboard(path)


def _make_again(path: Path, name: str | None, as_json: bool, review: bool, accepted: list[str]) -> None:
    from studio.config import workspace
    from studio.crew import clearance, opening
    from studio.crew.slate import read_slate
    from studio.policy.versions import PolicyStore

    space, slate = workspace(), read_slate(path)
    slate = slate.model_copy(update={"settings": clearance.accept(space, slate.settings, accepted)})
    opening.check_tools(space, slate.settings)
    opening.check_judges(space, slate.settings)
    opening.check_prompts(space, slate.settings)
    opening.check_writable(space)
    again = opening.check_name(space, name) if name is not None else opening.free_name(space, slate.name)
    stores = [PolicyStore(path.absolute().parent / "policy"), PolicyStore(space.policies)]
    file = next((s.path(slate.policy_version) for s in stores if s.path(slate.policy_version).is_file()), None)
    if file is None:
        file = opening.shipped_policy(slate.policy_version)
    _start(space, slate.model_copy(update={"name": again}), file, as_json, review, replay=True)


def _start(space, slate, policy: Path, as_json: bool, review: bool, replay: bool) -> None:  # type: ignore[no-untyped-def]
    import sys

    from studio.cli.progress import Progress
    from studio.cli.running import finish
    from studio.crew import warmup
    from studio.crew.opening import open_production

    if not replay:  # a replay finds all that it needs in the cache
        warmup.start(slate.settings)
    print(f"{slate.name}: {slate.prompt[:100]}", file=sys.stderr)
    listener = Progress(space.runs / slate.name)
    production = open_production(space, slate, policy, review=review, replay=replay, listener=listener)
    if not replay and not review:
        production.stage.open()
    finish(production, as_json, "started")


def resume(
    name: str = typer.Argument(help="The production; `studio runs` lists them."),
    send_back: str = typer.Option("", metavar="NOTE", help="At a gate: what should be made again, and how."),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON on stdout."),
) -> None:
    """Go on with a production after a stop or a crash, do what was asked for, or approve what waits at a gate.

    \b
    Examples:
      studio resume a-lighthouse-keeper-adopts-a-lost-whale
      studio resume my-film --send-back "the keeper is a woman"
    """
    from studio.cli.progress import Progress
    from studio.cli.running import finish
    from studio.config import workspace
    from studio.crew import gates
    from studio.crew.production import reopen

    space = workspace()
    production = reopen(space, name, Progress(space.runs / name))
    if send_back:
        gates.send_back(production, send_back)
    elif gates.waiting_at(production) and not gates.due(production):
        gates.approve(production)
    finish(production, as_json, "resumed")


def register(app: typer.Typer) -> None:
    app.command()(make)
    app.command()(resume)
