"""Story: sentences for each beat, made of who, where, with what and to what end this prompt says."""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np

from studio.llm._offline.games import SCENES

BEATS = ("setup", "turn", "crisis", "resolution")
ELSEWHERE = {
    "lighthouse": ("coast", "sea"), "coast": ("sea", "village"), "sea": ("coast", "underwater"), "forest": ("river", "village"),
    "rooftop": ("street", "room"), "street": ("rooftop", "cafe"), "village": ("field", "forest"), "castle": ("forest", "hall"),
    "spaceship": ("space", "planet"), "space": ("spaceship", "planet"), "planet": ("spaceship", "cave"),
    "kitchen": ("market", "room"), "room": ("street", "garden"), "school": ("park", "room"), "desert": ("mountain", "cave"),
    "mountain": ("forest", "cave"), "farm": ("field", "market"), "garden": ("room", "field"), "ship": ("sea", "island"),
    "underwater": ("sea", "cave"), "snowfield": ("mountain", "cave"), "laboratory": ("street", "room"),
    "library": ("street", "room"), "station": ("street", "field"), "harbour": ("sea", "street"), "market": ("street", "kitchen"),
    "graveyard": ("forest", "village"), "park": ("street", "room"), "river": ("forest", "field"), "island": ("sea", "cave"),
    "hotel": ("street", "rooftop"), "carriage": ("station", "street"), "submarine": ("underwater", "sea"), "circus": ("field", "street"),
    "prison": ("street", "field"), "attic": ("room", "street"), "bakery": ("street", "kitchen"), "temple": ("jungle", "mountain"),
    "bridge": ("river", "street"), "volcano": ("jungle", "coast"), "hospital": ("street", "garden"), "office": ("street", "cafe"),
    "cafe": ("street", "park"), "hall": ("street", "garden"), "stage": ("street", "room"), "workshop": ("street", "field"),
    "field": ("river", "forest"), "cave": ("mountain", "river"), "jungle": ("river", "temple"), "swamp": ("forest", "river"),
    "lake": ("forest", "mountain"), "sky": ("mountain", "field"), "battlefield": ("field", "village"),
}  # fmt: skip
"""Where a story goes from a place."""

# a the lead, b the other, c a third, p the place, q another place, thing what is at stake, goal what somebody wants,
# light the hour, air the weather. A sentence is used where all that it names is there, and once in a film.
PAIR = {
    "setup": (
        "{a} walks through {p} with {thing}.", "{b} watches {a} from the far side of {p}.",
        "{a} works {at} and does not notice {b}.", "{a} stops {at} and looks at {thing} in the {light} light.",
        "{b} sits alone {at} and waits.", "{a} carries {thing} past {b}.", "{a} crosses {p}, thinking of how to {goal}.",
        "{a} greets {b} at the edge of {p}.", "{b} looks up as {a} walks across {p}.",
    ),
    "turn": (
        "{a} talks to {b} about how to {goal}.", "{a} shows {thing} to {b}, who leans closer to look.",
        "{b} points beyond {p}, and {a} understands.", "{a} discovers that {b} is not who everybody thought.",
        "{b} reaches for {thing} before {a} can.", "{a} follows {b} across {p}, curious in spite of everything.",
        "{a} and {b} argue over {thing} {at}.", "{b} laughs, and for the first time {a} laughs too.",
        "{a} kneels beside {b} {at} and listens.", "{b} tells {a} what lies beyond {p}.",
        "{a} gives {thing} to {b} with both hands.", "{b} shakes a head at {a} and walks away across {p}.",
    ),
    "crisis": (
        "{b} runs across {p}, and {a} runs after.", "{a} searches {p} for {b} in the {light} light.",
        "{thing} slips away, and {a} falls reaching for it.", "{a} and {b} stand back to back as {air} closes in on {p}.",
        "{a} shouts for {b}, but only {p} answers.", "{b} stumbles, and {a} turns back to help.",
        "{a} must choose between {b} and {thing}.", "{b} hides {at}, afraid of what {a} will say.",
        "{a} fights on, though nobody {at} believes any longer.", "{b} pulls {a} out of harm's way.",
        "{a} stands alone {at}, with no way left to {goal}.",
    ),
    "resolution": (
        "{a} hugs {b} {at}.", "{b} brings {thing} back to {a}.", "{a} and {b} sit side by side {at} and smile.",
        "{b} dances across {p} while {a} laughs.", "Together {a} and {b} {goal} at last.",
        "{a} waves to {b} from the middle of {p}.", "{a} and {b} walk home through {p} in the {light} light.",
        "{a} leaves {thing} where {b} will find it.", "{b} thanks {a} without a word.",
    ),
}  # fmt: skip
LONE = {
    "setup": (
        "{a} walks through {p} with {thing}.", "{a} works {at} as on every other day.",
        "{a} looks out over {p} in the {light} light.", "{a} sits {at}, dreaming of how to {goal}.",
        "{a} holds {thing} up to the {light} light.", "{a} comes to {p} before anybody else.",
    ),
    "turn": (
        "{a} kneels {at} and finds what nobody else has seen.", "{a} takes {thing} apart to see how it works.",
        "{a} stops in the middle of {p} and listens.", "{a} decides to {goal}, whatever it costs.",
        "{a} climbs higher to see beyond {p}.", "{a} points at the sky over {p}, startled.",
    ),
    "crisis": (
        "{a} runs across {p} as {air} closes in.", "{a} falls {at} and does not get up at once.",
        "{thing} breaks, and {a} stares at the pieces.", "{a} stands alone {at}, afraid and tired.",
        "{a} searches all of {p} for {thing}.", "{a} pushes on through {p}, one step after another.",
    ),
    "resolution": (
        "{a} smiles {at}, for the work is done.", "{a} waves goodbye to {p}.", "{a} sleeps {at} with {thing} close by.",
        "{a} dances {at} where nobody can see.", "{a} walks home through {p} in the {light} light.",
        "At last {a} has learned to {goal}.",
    ),
}  # fmt: skip
NOBODY = {
    "setup": ("{P} lies quiet in the {light} light.", "The {light} light moves slowly over {p}.", "Nothing stirs {at} yet."),
    "turn": ("The air changes over {p}.", "{Air} gathers behind {p}.", "Shadows cross {p} towards {q}."),
    "crisis": ("{Air} takes hold of {p}.", "Nothing {at} stands still any longer.", "{P} disappears behind {air}."),
    "resolution": ("{P} comes to rest again.", "The {light} light returns to {p}.", "From {q} to {p}, everything is calm."),
}  # fmt: skip
FLAVOUR = {
    "noir": ("{a} waits in the one pool of light {at}.", "{a} turns away before {b} can ask about {thing}.", "Somebody has been {at} before {a}."),
    "fairy-tale": ("{a} makes a wish {at}.", "Three times {a} walks around {p}, and the third time it answers.", "{b} casts a long shadow over {p}, and {a} hides."),
    "comedy": ("{a} slips, catches {thing}, and pretends that nothing happened.", "{b} trips over {thing} in front of {a}.", "{a} bows to {p}, and everything falls down behind."),
    "horror": ("Something moves behind {a} {at}.", "{a} trembles as the lights of {p} go out one by one.", "{b} stands very still {at} and does not blink."),
    "science-fiction": ("Signals flicker over {p} while {a} watches.", "{a} repairs {thing} as the machines of {p} hum.", "{b} glows faintly, and {a} steps back."),
    "documentary": ("This is {p}, where {a} lives.", "{a} eats and rests {at} before the long way ahead.", "Every year {a} comes back to {p}."),
    "western": ("{a} rides into {p} with the sun behind.", "{a} and {b} face each other across {p}.", "Dust settles over {p} as {a} walks on."),
    "history": ("{a} walks past the old walls of {p}.", "News reaches {a} {at}.", "{b} bows to {a} before all of {p}."),
    "romance": ("{a} looks at {b} a moment too long.", "{b} waits {at} with {thing} for {a}.", "{a} reads the words again {at} and smiles."),
    "fantasy": ("{a} lifts {thing}, and {p} falls silent.", "Old magic stirs {at} around {a}.", "{b} swears to stand with {a} {at}."),
    "adventure": ("{a} studies the way past {p}.", "{a} leaps over a gap {at}, and {b} follows.", "{a} finds fresh tracks {at}."),
    "drama": ("{a} says nothing for a long while {at}.", "{b} opens {thing} slowly, and {a} looks away.", "{a} reads an old letter {at}."),
}  # fmt: skip
LINES = {
    "setup": (("Have you ever been to {q}?", "Not since I was small."), ("You are early.", "I could not sleep.")),
    "turn": (
        ("We could still {goal}.", "Then we should start now."), ("What do you want with {thing}?", "Only to see it once."),
        ("Come with me.", "To {q}? You must be joking."), ("I have never told anybody this.", "Then tell me."),
    ),
    "crisis": (("I cannot do this alone.", "You never had to."), ("It is too late to {goal}.", "It is not. Look!"), ("Go without me.", "Never.")),
    "resolution": (("So this is {p}.", "It looks different now."), ("Thank you.", "You would have done the same."), ("Shall we {goal} again tomorrow?", "Tomorrow, and the day after.")),
}  # fmt: skip
"""Exchanges between two people, by beat."""


HANDS = re.compile(
    r"\{[ab]\} (?:and \{b\} )?(?:works|reads|kneels|repairs|takes|holds|opens|bows|lifts|studies|rides|gives|shows|"
    r"carries|climbs|points|leaves|swears|catches|decides|tells|argue|slips, catches)|both hands|old letter|shakes a head"
)
"""What only somebody with hands and speech does."""

LIFTED = re.compile(
    r"\b(?:with|carries|holds|gives|reaches for|brings|leaves|catches|lifts|opens) \{thing\}(?! close|\?)|\{thing\} slips"
)
"""What nobody does with a piano."""


class Teller:
    """Tells one film: never says the same sentence twice, and says only what this prompt has the parts for."""

    def __init__(
        self, rng: np.random.Generator, genre: str, values: dict[str, str], animals: frozenset[str] = frozenset()
    ) -> None:
        self.rng, self.genre, self.values, self.animals = rng, genre, values, animals
        self.told: set[str] = set()
        self.heavy: frozenset[str] = frozenset()
        """Those values of ``thing`` that nobody lifts."""

    def tell(self, beat: str, cast: list[str], here: dict[str, str], game: bool = False) -> str:
        """A sentence for ``beat`` with the ``cast``'s names at a place (``p``, ``q``, ``light``, ``air``); ``game``:
        one that can be played."""
        if game and cast:
            known = self._one(list(SCENES[beat]), cast, here)
            known = known or self._one([*SCENES["turn"], *SCENES["crisis"]], cast, here)
            return known or _sentence(SCENES["crisis"][0].format_map({**here, **_named(cast)}))
        bank = PAIR if len(cast) > 1 else LONE if cast else NOBODY
        flavour = FLAVOUR.get(self.genre, ()) if cast else ()
        return self._one([*bank[beat], *flavour], cast, here) or self._one(
            [s for b in BEATS for s in bank[b]], cast, here
        ) or "".join(bank[beat][0].format_map({**self.values, **here, **_named(cast)}))  # fmt: skip

    def lines(self, beat: str, cast: list[str], here: dict[str, str]) -> tuple[str, str] | None:
        """An exchange that has not been heard yet."""
        fresh = [pair for pair in LINES[beat] if pair[0] not in self.told and self._can(" ".join(pair), cast, here)]
        if not fresh:
            return None
        pair = fresh[int(self.rng.integers(len(fresh)))]
        self.told.add(pair[0])
        values = {**self.values, **here, **_named(cast)}
        return _sentence(pair[0].format_map(values)), _sentence(pair[1].format_map(values))

    def _one(self, bank: list[str], cast: list[str], here: dict[str, str]) -> str:
        fresh = [s for s in bank if s not in self.told and self._can(s, cast, here)]
        if not fresh:
            return ""
        # What names the prompt's own things and wishes says more than what would do for any film.
        worth = np.array([1.0 + 2.0 * ("{thing}" in s) + 2.0 * ("{goal}" in s) for s in fresh])
        pattern = fresh[int(self.rng.choice(len(fresh), p=worth / worth.sum()))]
        self.told.add(pattern)
        return _sentence(pattern.format_map({**self.values, **here, **_named(cast)}))

    def _can(self, pattern: str, cast: list[str], here: dict[str, str]) -> bool:
        have = {**self.values, **here, **_named(cast)}
        wanted = {name for _, name, _, _ in string.Formatter().parse(pattern) if name}
        if HANDS.search(pattern) and self.animals & set(cast[:2]):
            return False
        if have.get("thing") in self.heavy and LIFTED.search(pattern):
            return False
        once = "{goal}" not in pattern or sum("{goal}" in t for t in self.told) < 3
        return once and all(have.get(name) for name in wanted)


def _named(cast: list[str]) -> dict[str, str]:
    return dict(zip("abc", cast, strict=False))


def _sentence(text: str) -> str:
    """A capital at the start of every sentence and no doubled spaces."""
    text = " ".join(text.split())
    return re.sub(r"(^|[.!?]\s+)([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)


def opening(values: dict[str, Any]) -> str:
    """The narration that opens a scene."""
    return _sentence("{light_said} {at}.".format_map(values))
