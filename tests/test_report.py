"""The report: its published schema is the one that reports follow."""

from __future__ import annotations

import json
from pathlib import Path

from lab import Studio

from studio.report.schema import Report, schema_text

ROOT = Path(__file__).parent.parent


def test_the_published_schema_is_current() -> None:
    published = (ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "run: python -m studio.report docs/report.schema.json"


def test_a_report_follows_the_schema_and_names_files_that_are_there(studio: Studio) -> None:
    made = studio.make("--scenes", "1")
    folder = Path(made["film"]).parent
    report = Report.model_validate_json((folder / "report.json").read_text(encoding="utf-8"))
    assert all((folder / path).exists() for path in report.files.values())
    take = report.scenes[0].shots[0].takes[0]
    assert json.loads((folder / take.file).with_suffix(".json").read_text())["key"] == take.key


def test_without_learning_no_policy_update_is_reported_and_the_policy_stays(studio: Studio) -> None:
    before = json.loads(studio("director", "show", "--json").stdout)["version"]
    report = studio.make("--scenes", "1", "--set", "rl.learn=false")["report"]
    takes = [take for scene in report["scenes"] for shot in scene["shots"] for take in shot["takes"]]
    assert takes and all(take["policy_update"] is None for take in takes)
    assert json.loads(studio("director", "show", "--json").stdout)["version"] == before


def test_the_next_production_starts_from_what_this_one_learned(studio: Studio) -> None:
    before = json.loads(studio("director", "show", "--json").stdout)
    report = studio.make("--scenes", "1")["report"]
    takes = [take for scene in report["scenes"] for shot in scene["shots"] for take in shot["takes"]]
    after = json.loads(studio("director", "show", "--json").stdout)
    assert after["version"] == takes[-1]["policy_update"]["version"] != before["version"]
    assert after["updates"] == before["updates"] + len(takes)
    studio("director", "reset")
    assert json.loads(studio("director", "show", "--json").stdout)["version"] == before["version"]


def test_removing_a_production_keeps_clips_that_another_one_uses(studio: Studio) -> None:
    first = studio.make("--scenes", "1", "--name", "first")
    slate = Path(first["film"]).parent / "slate.json"
    twin = json.loads(studio("make", "--slate", str(slate), "--name", "twin", "--json").stdout)
    clips = list((studio.space / "runs" / ".takes").glob("??/*.mp4"))
    assert studio("rm", "first", "--takes").returncode == 0
    assert list((studio.space / "runs" / ".takes").glob("??/*.mp4")) == clips and Path(twin["film"]).is_file()
    assert studio("rm", "twin", "--takes").returncode == 0
    assert not list((studio.space / "runs" / ".takes").glob("??/*.mp4"))


def test_the_graphs_open_in_langgraphs_own_tools() -> None:
    from importlib import import_module

    told = json.loads((ROOT / "langgraph.json").read_text())
    assert told["graphs"]
    for place in told["graphs"].values():
        path, name = place.split(":")
        graph = getattr(import_module(path.removeprefix("./").removesuffix(".py").replace("/", ".")), name)
        graph = graph() if callable(graph) and not hasattr(graph, "get_graph") else graph
        assert "director" in graph.get_graph().draw_mermaid() or "enricher" in graph.get_graph().draw_mermaid()
