"""Who is who in a storyboard's prose: introduced once by label, name or description, recognised in every later shot."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from studio.llm._offline.looks import _GARMENT, look
from studio.llm._offline.reading import read

_LABEL = re.compile(r"\b((?:Character|Person|Subject|Player|Dancer|Actor) [A-Z])\b(?:\s*\(([^)]{2,40})\))?\s*(:)?")
_NAMED = re.compile(r"\b(?:named|called) ([A-Z][a-z]+)\b")
_BRACKET = re.compile(r"\b([A-Z][a-z]{2,})\s*\(([^)]*(?:\d{2}|hair|shirt|jacket|wearing)[^)]*)\)")
_AGED = re.compile(r"\ban? (?:[\w-]+ ){0,3}?(\d{1,2})-year-old ((?:[\w-]+[ ,]+){1,5})", re.I)
_NOT = frozenset(
    "camera viewer operator figure figures hand hands team teammate teammates people person partner partners group "
    "friends couple players staff customers guests students participants member adult adults one class silhouette shadow "
    "reflection".split()
)
_PRONOUN = re.compile(r"\b(she|he|they|her|his|their|hands?)\b", re.I)
_EMPTY = re.compile(r"\b(no people|nobody|no one|without people|empty (?:room|street|scene|frame))\b", re.I)


@dataclass
class Player:
    """One character of the storyboard."""

    name: str
    noun: str
    description: str
    aliases: list[str] = field(default_factory=list)

    def document(self, id: str) -> dict[str, Any]:
        told = read(f"the {self.noun}").people
        kind = told[0].sense.kind if told else "person"
        return {
            "id": id,
            "name": self.name,
            "kind": kind,
            "description": self.description[:400],
            "look": look(self.description),
        }


def introductions(text: str) -> list[Player]:
    """Everybody whom a paragraph introduces, in its order."""
    found: list[tuple[int, Player]] = []
    labels = list(_LABEL.finditer(text))
    for n, match in enumerate(labels):
        role = (match.group(2) or "").strip()
        role = role if len(role.split()) <= 2 and not _GARMENT.search(role) and not role[:1].isdigit() else ""
        if match.group(3) or (match.group(2) and not found):
            end = labels[n + 1].start() if n + 1 < len(labels) else len(text)
            told = re.split(r"(?<=[.;])\s+(?:They|Both|Background|The|In)\b", text[match.end() : end])[0].strip(" ;.")
            aliases = [match.group(1), *([role] if role else [])]
            found.append(
                (match.start(), Player(f"the {role}" if role else match.group(1), role or _noun(told), told, aliases))
            )
    for match in _BRACKET.finditer(text):
        found.append((match.start(), Player(match.group(1), _noun(match.group(2)), match.group(2), [match.group(1)])))
    if not found:
        for match in _AGED.finditer(text):
            name = _NAMED.search(text[match.start() : match.end() + 30])
            noun = _noun(match.group(2))
            if noun not in _NOT:
                found.append((match.start(), _described(text, match.start(), noun, name.group(1) if name else "")))
        for match in _NAMED.finditer(text):
            if not any(p.name == match.group(1) for _, p in found):
                found.append((match.start(), _described(text, max(0, match.start() - 80), "person", match.group(1))))
    return [player for _, player in sorted(found, key=lambda pair: pair[0])]


def _described(text: str, start: int, noun: str, name: str) -> Player:
    sentences = re.split(r"(?<=[.;!?])\s+", text[start:])
    told = sentences[0]
    for more in sentences[1:3]:
        if re.match(r"(?:He|She|They) (?:wears?|has|have|is|are)\b|Wearing\b", more):
            told += " " + more
    if name:
        return Player(name, noun, told, [name])
    worn = [g.split()[-1] for g in _GARMENT.findall(told)]
    return Player(f"the {noun}", noun, told, [f"{g} {noun}" for g in dict.fromkeys(worn)])


def _noun(told: str) -> str:
    people = [e for e in read(told[:120]).people if e.noun not in _NOT]
    return people[0].noun.split()[-1] if people else "person"


def strangers(text: str, known: list[Player]) -> list[Player]:
    """People and creatures whom the prose names by a plain noun and nobody has introduced."""
    taken = {alias.lower() for p in known for alias in p.aliases} | {p.noun.lower() for p in known}
    fresh = []
    for entity in read(text).people:
        noun = entity.noun.split()[-1].lower()
        plain = entity.sense.trade or entity.sense.family == "creature" or entity.sense.kind != "person"
        if (
            plain
            and noun not in _NOT
            and noun not in taken
            and not _worn_again(text, entity.noun)
            and entity.count == 1
        ):
            fresh.append(Player(f"the {entity.plain}", entity.noun, _sentence(text, entity.noun), [entity.noun]))
            taken.add(noun)
    return fresh


def _worn_again(text: str, noun: str) -> bool:
    """'The same woman', 'the dancer in her black leotard': somebody we know."""
    return re.search(rf"\b(?:the|same|her|his)(?: [\w-]+){{0,2}} {re.escape(noun)}", text, re.I) is not None


def _sentence(text: str, noun: str) -> str:
    found = next(
        (s for s in re.split(r"(?<=[.!?])\s+", text) if re.search(rf"\b{re.escape(noun)}", s, re.I)), text[:200]
    )
    return found[:300]


def present(text: str, players: list[Player], before: list[Player]) -> list[Player]:
    """Who is in a shot, in the order in which the prose names them; pronouns mean those of the shot before."""
    if _EMPTY.search(text) and not any(_found(text, p, set()) >= 0 for p in players):
        return []
    shared = {p.noun for n, p in enumerate(players) if any(q.noun == p.noun for q in players[:n])}
    seen = sorted((at, n) for n, p in enumerate(players) if (at := _found(text, p, shared)) >= 0)
    if seen:
        return [players[n] for _, n in seen]
    if re.search(r"\b(they|both|all|everyone|together)\b", text, re.I) and players:
        return before or players[:3]
    return before[:1] if _PRONOUN.search(text) else []


def _found(text: str, player: Player, shared: set[str]) -> int:
    """Where the prose first names the player, or -1; a noun that two ``shared`` tells of neither."""
    nouns = [*player.aliases, *([player.noun] if player.noun not in {"person", *shared} else [])]
    places = [m.start() for alias in nouns if (m := re.search(rf"\b{re.escape(alias)}(?:'s|s)?\b", text, re.I))]
    return min(places, default=-1)
