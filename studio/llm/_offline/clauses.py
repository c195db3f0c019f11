"""Clauses: what the prompt itself says that somebody does, as sentences that a camera can show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from studio.llm._offline.grammar import ADJECTIVE, COUNTS, DETERMINERS, STOP, Word
from studio.llm._offline.reading import Entity, Reading

_AUXILIARY = frozenset(
    """
    is are was were has have had must can will would could should does did do may might
    """.split()
)
_PAST = frozenset(
    """
    found lost took went came saw met made kept left gave told said knew thought fell ran won built bought caught
    chose drew drove ate fought flew forgot froze grew hid held heard led lit paid rode rose sang sank sat sold
    sent slept spoke stole swam taught threw understood woke wore wrote began broke brought stood swept became
    """.split()
)
_SKIP = frozenset(
    ["never", "always", "often", "once", "still", "just", "only", "secretly", "slowly", "suddenly", "finally"]
)
_PRONOUNS = frozenset(["he", "she", "they"])
_BREAKS = frozenset(
    """
    while when because until although though unless if so but whereas since
    """.split()
)
_PHRASES = frozenset("on in at from with of without near under inside behind beside by".split())
_BAD_END = re.compile(
    r"[\s,]+(and|or|but|who|which|that|to|of|in|on|at|the|a|an|his|her|their|with|for|from|by|not|while|so)$", re.I
)


@dataclass
class Event:
    """One thing that happens, in the prompt's own words."""

    subject: str
    """As the sentence names it where it is not one character's name ('Two clumsy movers'); else empty."""
    says: str
    """The predicate ('teaches a shy robot to garden')."""
    cast: list[Entity] = field(default_factory=list)
    """Everybody whom the clause names, the doer first."""
    place: Entity | None = None


def events(reading: Reading) -> list[Event]:
    """The prompt's own events, in its order, at most eight."""
    if reading.language:
        return []
    if not reading.people:
        return _weathers(reading)
    found: list[Event] = []
    last: Entity | None = None
    starts = {a: e for e in reading.people for a, b in e.spans}
    ends = {a: b for e in reading.people for a, b in e.spans}
    n = 0
    while n < len(reading.tokens):
        who, after = None, n + 1
        if n in starts:
            who, after = starts[n], ends[n]
            last = who
        elif reading.tokens[n].low in _PRONOUNS and last is not None:
            who = last
        made = _event(reading, who, after) if who else None
        if made:
            found.append(made[0])
            n = max(after, made[1])
        else:
            n = after
    return _distinct(found)[:8]


def _weathers(reading: Reading) -> list[Event]:
    """What happens where nobody is named: each clause is a sentence of its own."""
    said = re.split(r"[,.;:!?]|\band\b", reading.text)
    whole = [
        " ".join(s.split()) for s in said if re.match(r"(the|a|an|its?)\b", s.strip(), re.I) and len(s.split()) >= 3
    ]
    places = {e.plain.lower(): e for e in reading.places}
    return [Event(s, "", [], next((e for p, e in places.items() if p in s.lower()), None)) for s in whole[:8]]


def _event(reading: Reading, who: Entity, n: int) -> tuple[Event, int] | None:
    tokens = reading.tokens
    said = n
    n = _past_phrase(reading, _past_name(tokens, n, who))
    many = n < len(tokens) and tokens[n].low in ("who", "that", "which") and who.count > 1
    if n < len(tokens) and tokens[n].low in ("who", "that", "which"):
        n += 1
    while n < len(tokens) and tokens[n].low in _SKIP:
        n += 1
    bare = many and n < len(tokens) and tokens[n].low.isalpha() and tokens[n].low not in STOP
    if n >= len(tokens) or not (bare or _verb(tokens, n, reading)):
        return None
    stop = _clause_end(reading, n)
    if stop - n < 2 and tokens[n].low in _AUXILIARY:
        return None
    says = reading.text[tokens[n].start : tokens[stop - 1].end]
    while _BAD_END.search(says):
        says = _BAD_END.sub("", says)
    if not says or len(says) > 170 or (len(says.split()) < 2 and says.lower() in _AUXILIARY):
        return None
    inside = range(n, stop)
    others = [e for e in reading.people if e is not who and any(a in inside for a, _ in e.spans)]
    here = range(said, stop)
    place = next((e for e in reading.places if any(a in here for a, _ in e.spans)), None)
    first, last = next(((a, b) for a, b in who.spans if b <= n), who.spans[0])
    subject = reading.text[tokens[first].start : tokens[last - 1].end] if who.count > 1 else ""
    return Event(subject, " ".join(says.split()), [who, *others], place), stop


def _past_name(tokens: list[Word], n: int, who: Entity) -> int:
    if n + 1 < len(tokens) and tokens[n].low in ("named", "called"):
        n += 2
    elif n < len(tokens) and who.name and tokens[n].text == who.name:
        n += 1
    if n < len(tokens) and tokens[n].text == "," and n + 2 < len(tokens) and tokens[n + 2].text == ",":
        n += 3
    return n


def _past_phrase(reading: Reading, n: int) -> int:
    """Past what says more of a subject: 'the librarian on Mars hides', 'an orphan with a wooden leg joins'."""
    tokens = reading.tokens
    if n >= len(tokens) or tokens[n].low not in _PHRASES:
        return n
    for k in range(n + 2, min(n + 9, len(tokens))):
        if not tokens[k].low[0].isalpha() or tokens[k].low in _BREAKS | {"and", "who", "that", "which"}:
            return n
        before = tokens[k - 1].low
        bare = before in _PHRASES or before in DETERMINERS or before in COUNTS or ADJECTIVE(before)
        if not bare and _verb(tokens, k, reading) and not tokens[k].low.endswith("ing"):
            return k
    return n


def _verb(tokens: list[Word], n: int, reading: Reading) -> bool:
    """Whether token ``n`` can open a predicate."""
    word = tokens[n].low
    if word in _AUXILIARY:
        return True
    if word in STOP or not word.isalpha() or tokens[n].text[0].isupper():
        return False
    if any(a <= n < b for e in [*reading.people, *reading.places] for a, b in e.spans):
        return False
    plural = n > 0 and tokens[n - 1].low.endswith("s")
    return word in _PAST or (word.endswith("s") and not word.endswith(("ss", "us"))) or word.endswith("ed") or plural


def _clause_end(reading: Reading, n: int) -> int:
    """Where the clause that starts at ``n`` ends: a full stop, a turn of the sentence, or a new subject that acts."""
    tokens, starts = reading.tokens, {a: b for e in reading.people for a, b in e.spans}
    k = n + 1
    while k < len(tokens):
        word = tokens[k]
        if word.text in ".!?;:…—" or (word.low in _BREAKS and k > n + 2):
            return k
        if word.text == "," and k + 1 < len(tokens):
            return k
        if word.low == "and" and k + 1 < len(tokens):
            subject = k + 1
            if tokens[subject].low in ("that", "who", "which"):
                return k
            if subject in starts and starts[subject] < len(tokens) and _verb(tokens, starts[subject], reading):
                return k
            if tokens[subject].low in _PRONOUNS:
                return k
        k += 1
    return k


def _distinct(found: list[Event]) -> list[Event]:
    kept: list[Event] = []
    for event in found:
        if not any(event.says in other.says or other.says in event.says for other in kept):
            kept.append(event)
    return kept


_GOAL = re.compile(
    r"\b(?:wants?|tries|try|trying|has|have|had|must|hopes?|learns?|decides?|dreams? of|needs?|sets? out|forced)\s+"
    r"(?:\w+\s+)?to\s+([a-z]+(?:\s+(?!and\b|but\b|while\b|who\b|so\b|because\b|before\b)[\w'’-]+){0,6})",
    re.I,
)
_MUST = re.compile(r"\bmust\s+([a-z]+(?:\s+(?!and\b|but\b|while\b|who\b|so\b|because\b)[\w'’-]+){1,6})", re.I)


def goal(reading: Reading) -> str:
    """What somebody wants, as an infinitive without 'to' ('win a bet'), or ''."""
    if reading.language:
        return ""
    match = _GOAL.search(reading.text) or _MUST.search(reading.text)
    if not match:
        return ""
    said = match.group(1).strip()
    while _BAD_END.search(said):
        said = _BAD_END.sub("", said)
    wished = re.match(r"learn|want|dream", match.group(0), re.I) is not None
    return said if 1 < len(said.split()) <= 7 or (said.isalpha() and wished) else ""
