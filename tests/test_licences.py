"""The licence gate: four parts a tool, refused before anything is written, accepted by name, kept on record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lab import FLAT, Studio

from studio import licences
from studio.config import Settings, Workspace
from studio.crew import clearance
from studio.errors import BadInput
from studio.licences import Licence, Part
from studio.plugins import names
from studio.tool import build

RENTED = [*FLAT, "--engine", "rented"]
KNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("wan", {}, ""), ("wan", {"preset": "causvid"}, "component"), ("wan22", {}, ""), ("mochi", {}, ""),
    ("latte", {}, ""), ("magi1", {}, ""), ("cogvideox", {}, ""), ("cogvideox", {"size": "5B"}, "weights"),
    ("ltx", {}, "weights"), ("ltx", {"version": "13B-0.9.8-distilled"}, "weights"), ("ltx2", {}, "weights"),
    ("hunyuan", {}, "weights"), ("svd", {}, "weights"), ("animatediff", {}, "component base model"),
    ("opensora", {}, "component flux1-dev"), ("pyramidflow", {"model": "sd3"}, "weights"),
]  # fmt: skip
"""Engine, its options, and which part the default policy refuses (empty: none), as the models' owners have it."""


def rented(studio: Studio) -> Studio:
    """A laboratory that has the weights of its rented engine."""
    folder = studio.space / "weights" / "rented" / "base"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"\0" * 8)
    return studio


def make(studio: Studio, *arguments: str) -> Any:
    return studio(
        "make", "--prompt", "A keeper", *arguments, "--scenes", "1", "--set", "rl.learn=false", "--json",
        RENTED_BRIEF=str(studio.space / "brief.json"),
    )  # fmt: skip


def accepting(*accepted: str) -> list[str]:
    return [word for name in accepted for word in ("--accept-licence", name)]


def with_engine(name: str, options: dict[str, Any]) -> Settings:
    return Settings.model_validate({"production": {"engine": name}, "engines": {name: options}})


@pytest.mark.parametrize("family", ["engines", "artists"])
@pytest.mark.parametrize("accepted", [False, True])
def test_every_tool_is_allowed_or_refused_as_its_data_says(space: Workspace, family: str, accepted: bool) -> None:
    for name in names(family):
        settings = Settings.model_validate({"production": {family[:-1]: name}})
        tool = build(family, name, settings, space)
        refused = tool.licence.refused(settings.licence.allowed)
        if accepted:
            settings = clearance.accept(space, settings, sorted({part.name for part in refused.values()}))
        if accepted or not refused:
            clearance.check(space, settings)
            continue
        with pytest.raises(BadInput) as said:
            clearance.check(space, settings)
        for what, part in refused.items():
            assert what in str(said.value) and f"--accept-licence {part.name}" in str(said.value).replace("'", "")


@pytest.mark.parametrize(("engine", "options", "part"), KNOWN, ids=[" ".join([k[0], *k[1].values()]) for k in KNOWN])
def test_the_open_models_are_under_what_their_owners_say(
    space: Workspace, engine: str, options: dict[str, Any], part: str
) -> None:
    if engine not in names("engines"):
        pytest.skip(f"no engine {engine} in this tree")
    settings = with_engine(engine, options)
    if not part:
        clearance.check(space, settings)
        return
    with pytest.raises(BadInput, match=f"engine {engine}: .*its {part}.*--accept-licence"):
        clearance.check(space, settings)


def test_each_part_of_a_refusal_is_named_with_its_terms_and_how_to_accept_it(studio: Studio) -> None:
    done = make(studio, *RENTED, "--set", "engines.rented.lora=causvid")
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    for said in (
        "its weights are under Rented-1.0 (paid above one coin a year)", "its component LoRA causvid is under",
        "its derivatives are under Rented-Derivatives-1.0", "--accept-licence CC-BY-NC-SA-4.0",
    ):  # fmt: skip
        assert said in done.stderr
    assert list(studio.space.iterdir()) == [], "licences come before weights, and nothing is written"


def test_a_lora_can_refuse_a_production_whose_engine_is_accepted(studio: Studio) -> None:
    engine = accepting("Rented-1.0", "Rented-Derivatives-1.0")
    done = make(rented(studio), *RENTED, *engine, "--set", "engines.rented.lora=causvid")
    assert done.returncode == 2 and "component LoRA causvid is under CC-BY-NC-SA-4.0" in done.stderr
    assert not (studio.space / "runs").exists()


def test_a_bundled_component_can_refuse_a_production(studio: Studio) -> None:
    engine = accepting("Rented-1.0", "Rented-Derivatives-1.0")
    done = make(rented(studio), *RENTED, *engine, "--set", 'licence.allow=["Apache-2.0"]')
    assert done.returncode == 2 and "component text encoder is under MIT" in done.stderr


def test_a_reward_with_weights_of_its_own_is_gated_too(studio: Studio) -> None:
    done = make(studio, *FLAT, "--set", "reward.borrowed=1")
    assert done.returncode == 2 and "reward borrowed: its weights are under CC-BY-NC-4.0" in done.stderr
    assert "--accept-licence CC-BY-NC-4.0" in done.stderr


def test_weights_are_looked_for_once_the_licence_is_accepted(studio: Studio) -> None:
    done = make(studio, *RENTED, *accepting("Rented-1.0", "Rented-Derivatives-1.0"))
    assert done.returncode == 2 and "hf download rented/base" in done.stderr
    assert list(studio.space.iterdir()) == []


def test_an_unknown_name_is_an_error_that_lists_those_there_are(studio: Studio) -> None:
    done = make(studio, *FLAT, *accepting("WTFPL"))
    assert done.returncode == 2 and "WTFPL" in done.stderr
    assert all(name in done.stderr for name in ("Apache-2.0", "Rented-1.0", "CC-BY-NC-4.0"))


def test_what_was_accepted_is_in_slate_and_report_and_a_replay_honours_it(studio: Studio) -> None:
    accepted = ["Rented-1.0", "Rented-Derivatives-1.0"]
    done = make(rented(studio), *RENTED, *accepting(*accepted), "--name", "film")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["report"]["licences"]
    assert told["accepted"] == accepted
    engine = told["tools"]["engine rented"]
    assert engine["weights"] == {"name": "Rented-1.0", "terms": "paid above one coin a year"}
    assert engine["components"] == {"text encoder": {"name": "MIT", "terms": ""}}
    assert engine["code"]["name"] == "Apache-2.0" and engine["derivatives"]["name"] == "Rented-Derivatives-1.0"
    assert {"artist flat", "reward seeded", "encoder auto"} < set(told["tools"])
    slate = studio.space / "runs" / "film" / "slate.json"
    assert json.loads(slate.read_text())["settings"]["licence"]["accepted"] == accepted
    again = studio("make", "--slate", str(slate), "--name", "again", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["report"]["licences"]["accepted"] == accepted
    bare = json.loads(slate.read_text())
    bare["settings"]["licence"]["accepted"] = []
    slate.write_text(json.dumps(bare))
    refused = studio("make", "--slate", str(slate), "--name", "third")
    assert refused.returncode == 2 and "Rented-1.0" in refused.stderr
    assert not (studio.space / "runs" / "third").exists()


def test_every_refusal_of_a_production_is_said_at_once() -> None:
    tools = {"engine a": Licence(weights=Part("A-1.0")), "artist b": Licence(components={"base": Part("B 2")})}
    with pytest.raises(BadInput) as said:
        licences.require(tools, ("Apache-2.0",))
    assert str(said.value) == (
        "engine a: its weights are under A-1.0; artist b: its component base is under B 2: not allowed here; "
        "to accept: --accept-licence A-1.0 --accept-licence 'B 2'"
    )


@pytest.mark.parametrize("name", licences.WHOLE)
def test_no_component_can_hide_another_part(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Licence(weights=Part("Mine-1.0"), components={name: Part("Apache-2.0")})
