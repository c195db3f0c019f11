"""`studio check`: a doctor."""

from __future__ import annotations

import json

import typer

MARKS = {"ok": "✓", "missing": "✗", "absent": "–"}


def check(
    engine: str = typer.Option("", help="Video engine, as for `studio make`."),
    artist: str = typer.Option("", help="Reference artist."),
    llm: str = typer.Option("", help="Screenwriter."),
    sets: list[str] = typer.Option([], "--set", help="section.key=value"),
    accept_licence: list[str] = typer.Option([], metavar="NAME", help="Accept a licence."),
    as_json: bool = typer.Option(False, "--json", help="JSON on stdout."),
) -> None:
    """Say what works here and what is missing; exit 1 where `studio make` with these options could not start.

    ✓ is here, ✗ is missing and keeps the production from starting, – is not here and it can do without.

    Example: studio check --engine wan --artist sdxl --llm ollama
    """
    from dataclasses import asdict

    from studio.config import Settings, load, workspace
    from studio.crew import clearance, doctor
    from studio.errors import BadInput

    space = workspace()
    findings = []
    flags = {"production.engine": engine, "production.artist": artist, "director.llm": llm}
    try:
        settings = load(space, None, [*sets, *(f"{key}={json.dumps(value)}" for key, value in flags.items() if value)])
        settings = clearance.accept(space, settings, accept_licence)
        own = space.root / "studio.toml"
        findings.append(doctor.Finding("settings", "ok", str(own) if own.is_file() else "the defaults"))
    except BadInput as error:
        # What can be said of this machine is said with the defaults.
        settings = Settings()
        findings.append(doctor.Finding("settings", "missing", str(error)))
    findings += doctor.examine(space, settings)
    stands = not any(finding.state == "missing" for finding in findings)
    if as_json:
        print(json.dumps({"can_start": stands, "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            remedy = f"  → {finding.remedy}" if finding.remedy else ""
            print(f"{MARKS[finding.state]} {finding.name:<20} {finding.told}{remedy}")
    if not stands:
        raise SystemExit(1)


def register(app: typer.Typer) -> None:
    app.command()(check)
