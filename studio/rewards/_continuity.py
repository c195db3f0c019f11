"""Continuity in words: what the log says of people and things, and what in a take's words cannot be after that.

Rules over short English sentences, as planners write them. They know what verbs say of an end (dies, loses, breaks),
not what the world is like: who needs hands to wave is a language model's to know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from studio.rewards.base import Footage

_HOURS = ("dawn", "morning", "noon", "afternoon", "dusk", "night")
_DIED = (
    r"has died|died|dies|is dead|was killed|is killed|has been killed|has drowned|drowned|drowns|was buried|perished"
)
_LEFT = (
    r"has left|leaves|left|is gone|has gone(?= (?:away|to|home|off|for|from)\b|\W*$)|"
    r"has sailed away|sails away|sailed away|rode away|has been sent away"
)
_BACK = r"is back|returns|returned|has returned|comes back|came back|is alive|wakes? from the dead"
_MUTE = (
    r"(?:has )?los(?:es|t) (?:his|her|its|their) voice|cannot speak|can no longer speak|is mute|has been struck dumb|"
    r"vow(?:ed|s)? (?:never to speak|silence)|swore (?:never to speak|silence)"
)
_SPEAKS = r"can speak again|finds (?:his|her|its|their) voice|speaks again"
_BOUND = (
    r"(?:is|was|has been) (?:tied|bound|chained|shackled|locked|imprisoned|jailed|trapped|put in (?:prison|chains))"
)
_FREED = r"(?:is|was|has been) (?:freed|released|untied|let go)|escapes|escaped|breaks free|broke free|gets free"
_BLIND = r"is blind|has gone blind|went blind|goes blind|(?:has )?los(?:es|t) (?:his|her|its|their) (?:sight|eyesight)"
_SEES_AGAIN = r"can see again|sees again|(?:has )?regain(?:s|ed) (?:his|her|its|their) sight"
_STATES = (
    ("dead", _DIED, _BACK), ("away", _LEFT, _BACK), ("mute", _MUTE, _SPEAKS), ("bound", _BOUND, _FREED),
    ("blind", _BLIND, _SEES_AGAIN),
)  # fmt: skip
"""(state of a person, what begins it, what ends it)."""
_MOVES = (
    r"runs|walks|rides|climbs|dances|swims|strolls|leaps|jumps|gallops|crosses|flees|chases|wanders|marches|hurries|"
    r"steps|rushes|sails|enters|follows"
)
_SEES = r"reads|sees|watches|looks at|spots|stares|gazes|notices|peers"
_LOSES = (
    r"los(?:es|t)|breaks|broke|has broken|burns|burnt|burned|smash(?:es|ed)|shatter(?:s|ed)|drops?|dropped|"
    r"throws away|threw away|gives away|gave away|has given away|sells|sold|eats|ate|has eaten|destroys|destroyed|"
    r"sinks|sank|tears up|tore up|spills|spilled|melts|melted"
)
_IS_LOST = (
    r"(?:is|are|was|were|has been|have been|lies|lie|has|have)? ?(?:now )?"
    r"(?:lost|broken|burnt|burned|burnt down|burned down|destroyed|stolen|sunk|smashed|shattered|collapsed|eaten|torn|"
    r"melted|gone|sold|in pieces|in ashes|fallen|dead|empty)|"
    r"lies at the bottom of\b|collapses|sinks|sank|shatters|breaks"
)
_MENDS = (
    r"finds|found|has found|mends|mended|repairs|repaired|recovers|recovered|rebuilds|rebuilt|gets back|buys|forges"
)
_IS_MENDED = r"(?:is|was|has been) (?:found|mended|whole|back|repaired|rebuilt|returned|recovered|itself again)"
_ABSENT = (
    r"lost|broken|missing|burnt|sunken|empty|search\w*|look(?:s|ing)? for|without|wreck\w*|pieces?|remains|ashes|"
    r"splinters|shards|ruins?|finds?|mends?|repairs?|recovers?|rebuilds?|div(?:es|ing) for|mourns?|misses|remembers?|"
    r"dreams?|grave|funeral|instead of|no longer|another|new|where|picture|portrait|memory|body|buries|bury|stole|sign"
)
_NAMED_HOURS = (
    ("night", r"\b(at midnight|midnight|moonlight|moonlit|starlight|starry|at night|by night)\b"),
    ("noon", r"\b(at noon|noon|noonday|midday|high sun|sun (?:stands )?(?:high|overhead))\b"),
    ("morning", r"\b(morning (?:sun|light)|in the morning)\b"),
    ("dawn", r"\b(sunrise|at dawn|the sun rises)\b"),
    ("dusk", r"\b(sunset|at dusk|twilight|the sun sets|evening (?:sun|light))\b"),
)
_BRIGHT = r"\b(sunlight|sunshine|sunny|bright sun|blazing sun|blue sky)\b"
_ELSEWHEN = (
    r"\b(until|till|before|after|since|for|dreams? of|waits? for|remembers?|by tomorrow|tomorrow|yesterday|last)\b"
)
_FALLING = (
    ("snow", ("snow",), r"\b(snow falls|falling snow|snowflakes|blizzard|it snows)\b"),
    ("rain", ("rain", "storm"), r"\b(rain (?:falls|pours|drums|streams)|pouring rain|downpour|in the rain|it rains)\b"),
    ("sunshine", ("clear", "cloudy", "wind"), r"\b(sunshine|blazing sun|bright sun|cloudless|blue sky)\b"),
)


_ANYTHING = r"(?!lies|is\b|was\b|rests)[a-z]+s"
_LEAVES_SOMETHING = re.compile(r"\b(left|leaves) (?!the (story|scene|place|town)|for\b|town|home|\W*$)", re.IGNORECASE)


@dataclass
class Known:
    """What the log leaves: lower-case names without an article."""

    people: dict[str, set[str]] = field(default_factory=lambda: {state: set() for state, *_ in _STATES})
    """dead, away, mute, bound, blind -> who is."""
    lost: set[str] = field(default_factory=set)


def known(facts: list[str]) -> Known:
    """The state that the log's sentences leave; a later one overrides an earlier one."""
    state = Known()
    for sentence in (s for fact in facts for s in re.split(r"(?<=[.!?;])\s+|, and | and then ", fact)):
        if not _person(state, sentence):
            _thing(state, sentence)
    return state


def _person(state: Known, sentence: str) -> bool:
    """Whether the sentence says that somebody's state begins or ends."""
    told = False
    for name, begins, ends in _STATES:
        for verb, change in ((begins, set.add), (ends, set.discard)):
            found = re.match(rf"\s*(.+?) (?:{verb})(?!\w)", sentence, re.IGNORECASE)
            if found and not (name == "away" and _LEAVES_SOMETHING.search(sentence)):
                change(state.people[name], _bare(found[1]))
                told = True
    return told


def _thing(state: Known, sentence: str) -> None:
    mended = re.search(rf"\b(?:{_MENDS}) (?:the|a|an|his|her|its|their) ([a-z-]+)", sentence, re.IGNORECASE)
    mended = mended or re.match(rf"\s*(?:the|a|an|his|her|\w+['’]s) (.+?) {_IS_MENDED}", sentence, re.IGNORECASE)
    if mended:
        state.lost.discard(_head(mended[1]))
        return
    loses = rf"\b(?:{_LOSES}) (?:the|a|an|his|her|its|their)(?: last| only| old)? ([a-z-]+(?: [a-z-]+)?)"
    if found := re.search(loses, sentence, re.IGNORECASE):
        state.lost.add(_head(re.split(r" (?:in|into|to|at|on|under|over|from|and|for|with)\b", found[1])[0]))
    elif found := re.match(rf"\s*(?:the|a|an|his|her|\w+['’]s) ([a-z' -]+?) (?:{_IS_LOST})\b", sentence, re.IGNORECASE):
        state.lost.add(_head(found[1]))
    elif found := re.search(r"\bg(?:ives|ave) ([A-Z]\w+|the \w+) (?:the|a|his|her) ([a-z-]+)", sentence):
        state.lost.discard(_head(found[2]))


def gone(facts: list[str]) -> set[str]:
    """Lower-case names, with and without article, of those who have died or left and not returned."""
    people = known(facts).people
    return {form for name in people["dead"] | people["away"] for form in (name, f"the {name}")}


def contradictions(footage: Footage) -> list[str]:
    """What in the take's words cannot be, in one sentence each."""
    state, brief = known(footage.facts), footage.brief
    who = names(footage)
    found = []
    for line in brief.dialogue:
        speaker = _bare(who.get(line.character, line.character))
        if speaker in state.people["dead"]:
            found.append(f"{speaker} speaks, and is dead")
        elif speaker in state.people["mute"]:
            found.append(f"{speaker} speaks, and has no voice")
    for condition, verbs in (("dead", _ANYTHING), ("bound", _MOVES), ("blind", _SEES)):
        for name in sorted(state.people[condition]):
            if _does(name, verbs, brief.action):
                found.append(f"{name} is {condition}, and acts otherwise")
    for thing in sorted(state.lost):
        if _used(thing, brief.action):
            found.append(f"the {thing} is used, and was lost or broken")
    return [*found, *_hours(footage), *_weather(footage)]


def _hours(footage: Footage) -> list[str]:
    """Hours that the action names against the take's own, and against what the scene's earlier shots named."""
    brief, named = footage.brief, _named(footage.brief.action)
    found = [
        f"the action is at {hour}, the scene at {brief.time_of_day}" for hour in named if _far(hour, brief.time_of_day)
    ]
    if brief.time_of_day == "night" and _here(_BRIGHT, brief.action):
        found.append("the sun shines at night")
    before = [hour for text in earlier(footage) for hour in _named(text)]
    if before and named and not found and _HOURS.index(named[0]) < _HOURS.index(before[-1]):
        found.append(f"{named[0]} follows {before[-1]} in one scene")
    return found[:1]


def _weather(footage: Footage) -> list[str]:
    if footage.scene_state.get("sheltered"):
        return []
    weather = footage.brief.weather
    said = [what for what, fits, words in _FALLING if weather not in fits and _here(words, footage.brief.action)]
    return [f"{said[0]} in the action, and {weather} weather in the scene"] if said else []


def names(footage: Footage) -> dict[str, str]:
    """Character id -> name, of everybody in the film."""
    told = footage.scene_state.get("names", {})
    found = {str(k): str(v) for k, v in told.items()} if isinstance(told, dict) else {}
    return found | {c.id: c.name for c in footage.brief.characters}


def earlier(footage: Footage) -> list[str]:
    """What the scene's shots before this one tell."""
    told = footage.scene_state.get("shots", [])
    shots = [str(text) for text in told] if isinstance(told, list) else []
    here = next((i for i, text in enumerate(shots) if text.startswith(footage.brief.action)), len(shots))
    return shots[:here]


def _named(text: str) -> list[str]:
    return [hour for hour, words in _NAMED_HOURS if _here(words, text)]


def _far(hour: str, other: str) -> bool:
    """Whether two hours cannot be the same moment: neighbours shade into one another, night borders on both ends."""
    apart = abs(_HOURS.index(hour) - _HOURS.index(other))
    return min(apart, len(_HOURS) - apart) > 1


def _here(words: str, text: str) -> bool:
    """Whether the words are said of now: not of a dream, and not of before or after."""
    return any(
        not re.search(_ELSEWHEN, text[max(0, m.start() - 18) : m.start()], re.IGNORECASE)
        for m in re.finditer(words, text, re.IGNORECASE)
    )


def _does(name: str, verbs: str, action: str) -> bool:
    """Whether the action has somebody as the subject of such a verb: at its beginning, or after a comma or 'and'."""
    subject = rf"(?:^|[.,;] |\band |\bwhile |\bas )(?:the |a )?{re.escape(name)}"
    return bool(re.search(rf"{subject} (?:{verbs})\b", action, re.IGNORECASE))


def _used(thing: str, action: str) -> bool:
    """Whether a thing is spoken of as if it were at hand and whole."""
    for found in re.finditer(rf"\b{re.escape(thing)}\b", action, re.IGNORECASE):
        around = action[max(0, found.start() - 40) : found.end() + 25]
        if not re.search(rf"\b(?:{_ABSENT})\b", around, re.IGNORECASE):
            return True
    return False


def _bare(name: str) -> str:
    return re.sub(r"^(the|a|an|old|young) ", "", name.strip().lower())


def _head(phrase: str) -> str:
    """The noun of a short phrase: its last word."""
    return phrase.strip().lower().split()[-1]
