"""The templates of ``prompts/``: what each family of engines wants, what users may change, what a model rewrites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Template

import pytest
from chat_lab import KEY, Crew, fails, plan, says

from studio.config import Settings, Workspace, shipped
from studio.crew import opening, phrasing, screenwriting, templates
from studio.crew.production import Production
from studio.errors import BadInput, ScreenwriterFailed
from studio.llm._asking import AskingScreenwriter
from studio.story.direction import SLOTS, Direction
from studio.story.document import CreativeDocument, Shot

FAMILIES = sorted(path.stem for path in shipped("prompts", "enricher").glob("*.md"))
FILM = {"prompt": "A keeper finds a whale", "scenes": 1}
LOW = Direction(shot_size="medium-close", angle="low", camera_move="push-in", lighting="golden", detail="rich")


def opened(space: Workspace, url: str = "", family: str = "previz") -> Production:
    told = {"director": {"llm": "openai", "base_url": f"{url}/v1", "timeout_seconds": 5}} if url else {}
    slate, policy = opening.write_slate(space, Settings.model_validate(told), prompt="A film", name=None)
    production = opening.open_production(space, slate, policy)
    production.memory.memoise(
        "plan", {"production": production.name}, CreativeDocument(**plan(FILM)).model_dump(mode="json")
    )
    production.engine.prompt_family = family
    return production


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(AskingScreenwriter, "pause", staticmethod(lambda seconds: None))
    server = Crew()
    yield server
    server.close()


def shot_of(production: Production) -> Shot:
    return production.document.scenes[0].shots[0]


def written(production: Production, direction: Direction = LOW, answer: str = "") -> str:
    document, shot = production.document, shot_of(production)
    people, place = document.in_frame(shot), document.locations[0]
    values = phrasing.values(production, shot, direction, people, place, "dusk", "rain", answer)
    return phrasing.prompt(production, production.engine.prompt_family, values, direction)


def test_there_is_a_family_for_each_kind_of_engine() -> None:
    assert {"previz", "wan", "ltx", "cogvideox", "hunyuan", "mochi", "animatediff", "latte", "svd"} <= set(FAMILIES)


@pytest.mark.parametrize("role", [*(f"enricher/{name}" for name in FAMILIES), *templates.VARIABLES])
def test_a_template_declares_on_top_the_variables_that_it_may_use(role: str) -> None:
    text = shipped("prompts", f"{role}.md").read_text(encoding="utf-8")
    assert text.startswith("<!--")
    top, _, body = text.partition("-->")
    declared = set(re.findall(r"\$(\w+)", top.split("Variables:")[1]))
    assert declared == set(templates.VARIABLES.get(role, templates.SHOT))
    assert set(Template(body).get_identifiers()) <= declared and Template(body).is_valid()


@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_language_model_the_prompt_is_the_template_filled_in(family: str, space: Workspace) -> None:
    production = opened(space, family=family)
    text = written(production)
    assert text == written(production), "the same plan gives the same words"
    if family == "svd":
        assert text == ""
        return
    if family == "world":  # a game has an hour and a camera of its own
        assert text == "On the game's screen: The keeper walks to the whale."
        return
    assert "walks to the whale" in text and "dusk" in text.lower() and "rain" in text.lower()
    assert not re.search(r"\$|\s[.,;]|,,|  |\.\.", text), text
    limit = templates.family(space, family).limit
    assert not limit or len(text.split()) <= limit
    if family != "previz":
        assert "medium close-up, low angle" in text.lower() and "the camera pushes in" in text.lower()


def test_families_want_different_things(space: Workspace, tmp_path: Path) -> None:
    production, texts = opened(space), {}
    for family in FAMILIES:
        production.engine.prompt_family = family
        texts[family] = written(production)
    assert len(set(texts.values())) == len(FAMILIES)
    assert texts["ltx"].startswith("The keeper walks to the whale."), "LTX begins with the action"
    assert texts["previz"] == (
        "Medium close shot, low angle, push in. The keeper walks to the whale. An old keeper in a navy coat. "
        "A small grey whale. A kitchen. dusk, rain. Golden light. In the style of paper. Rich in detail."
    )


@pytest.mark.parametrize("family", ["animatediff", "latte"])
def test_what_is_too_long_loses_whole_parts_from_its_end(family: str, space: Workspace) -> None:
    production = opened(space, family=family)
    text = written(production, answer="Note: " + ", ".join(f"lamp {n}" for n in range(90)))
    limit = templates.family(space, family).limit
    assert len(text.split()) <= limit and text.startswith("The keeper walks") and not text.endswith(",")


def test_a_users_template_replaces_ours_and_an_unknown_variable_starts_nothing(space: Workspace) -> None:
    own = space.root / "prompts" / "enricher" / "previz.md"
    own.parent.mkdir(parents=True)
    own.write_text("<!-- mine -->\nMy film, $time: $action It costs $$5.", encoding="utf-8")
    assert written(opened(space)) == "My film, dusk: The keeper walks to the whale. It costs $5."
    for text, told in (("$lens", r"previz\.md asks for \$lens; it may use: action"), ("5 $", "write \\$\\$")):
        own.write_text(text, encoding="utf-8")
        before = sorted(space.runs.iterdir())
        with pytest.raises(BadInput, match=told):
            opened(space)
        assert sorted(space.runs.iterdir()) == before


def test_a_language_models_templates_are_checked_before_it_is_asked(space: Workspace, crew: Crew) -> None:
    (space.root / "prompts").mkdir()
    (space.root / "prompts" / "critic.md").write_text("Mind the $mood", encoding="utf-8")
    opened(space)  # nobody will fill it in
    with pytest.raises(BadInput, match=r"critic\.md asks for \$mood; it may use: schema"):
        opened(space, crew.url)
    assert not crew.asked


def test_an_engine_of_an_unknown_family_names_those_there_are(space: Workspace) -> None:
    with pytest.raises(BadInput, match=r"enricher/opera\.md; choose from: animatediff, .*wan"):
        templates.family(space, "opera")


@pytest.mark.parametrize("family", FAMILIES)
def test_with_a_language_model_each_family_is_told_what_it_wants(family: str, space: Workspace, crew: Crew) -> None:
    production = opened(space, crew.url, family)
    text = written(production)
    wanted = templates.family(space, family).wanted
    if not wanted:
        assert family in ("previz", "svd", "world") and not crew.asked, "nobody is asked for words that no engine reads"
        return
    assert text.startswith("Rewritten: ") and crew.roles == ["prompt"]
    system = crew.asked[0]["messages"][0]["content"]
    assert wanted[:60] in system and "medium close-up, low angle, the camera pushes in" in system and "JSON" in system
    assert written(production) == text and crew.roles == ["prompt"], "the same question is not asked twice"


@pytest.mark.parametrize(("slot", "value"), [(s, v) for s in ("shot_size", "angle", "camera_move") for v in SLOTS[s]])
def test_camera_words_that_a_model_forgets_are_put_back(slot: str, value: str) -> None:
    direction = Direction(**{slot: value})
    kept = phrasing.with_camera("A keeper walks.", direction)
    assert phrasing.with_camera(kept, direction) == kept, "and not twice"
    assert all(words.lower() in kept.lower() for words in phrasing.camera_words(direction).split(", "))
    own_words = "A medium shot of a keeper as the static camera waits."
    assert phrasing.with_camera(own_words, Direction()) == own_words


def test_a_model_that_stays_wordy_stops_resumably(space: Workspace, crew: Crew) -> None:
    crew.instead["prompt"] = lambda told: says({"prompt": "word " * 121})
    with pytest.raises(ScreenwriterFailed, match=r"no usable ShotPrompt.*121 words; at most 120.*resume"):
        written(opened(space, crew.url, "wan"))


def test_the_critics_notes_become_one_instruction(space: Workspace, crew: Crew) -> None:
    production = opened(space, crew.url, "wan")
    notes, said = ["exposure: 0.21 < 0.50", "subject_size: 0.1 < 0.3"], ["closer, please"]
    for _ in range(2):
        text = phrasing.instruction(production, shot_of(production), notes, said)
        assert text == "Note: Show the keeper large and brightly lit."
    assert crew.roles == ["instruction"]
    assert crew.told()[0]["faults"] == notes and crew.told()[0]["person"] == said
    assert phrasing.instruction(production, shot_of(production), [], said) == "Note: closer, please"
    assert crew.roles == ["instruction"], "without faults there is nothing to ask"


def test_a_critic_without_words_goes_on_with_the_plain_notes_and_says_so(space: Workspace, crew: Crew) -> None:
    crew.instead["instruction"] = lambda told: fails(500)
    production = opened(space, crew.url, "wan")
    text = phrasing.instruction(production, shot_of(production), ["exposure: 0.21 < 0.50"], ["closer"])
    assert text == "Note: closer Mend: exposure: 0.21 < 0.50"
    assert any("critic's notes" in told for told in production.memory.remarks(production.name, "fallback"))


def test_a_changed_look_reaches_a_prompt_that_has_no_place_for_it(space: Workspace) -> None:
    people = opened(space).document.characters
    changed = [people[0].model_copy(update={"description": "A keeper in red."}), people[1]]
    plain = "He walks. An old keeper in a navy coat. Rain."
    assert phrasing.describes_otherwise(plain, people, changed) == ("He walks. A keeper in red. Rain.", [])
    assert phrasing.describes_otherwise("He walks.", people, changed) == (
        "He walks.",
        ["the keeper now: A keeper in red."],
    )


def test_openai_without_a_key_opens_nothing(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = Settings.model_validate({"director": {"llm": "openai"}})
    with pytest.raises(BadInput, match="OPENAI_API_KEY in the environment"):
        opening.write_slate(space, settings, prompt="A film", name=None)
    assert not space.runs.exists()


def test_tokens_without_a_price_have_no_cost(space: Workspace, crew: Crew) -> None:
    production = opened(space, crew.url, "wan")
    assert screenwriting.spent(production) == (0, 0.0)
    written(production)
    assert screenwriting.spent(production) == (11, None)
