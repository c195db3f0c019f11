"""Things: what a prompt names besides people and places, and what each is drawn as."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.llm._offline.grammar import ADJECTIVE, COLLECTIVE, COUNTS, DETERMINERS, STOP, VERBISH, Word
from studio.llm._offline.lexicon import sense, singular
from studio.story.catalogue import entries

ABSTRACT = frozenset(
    """
    accent accident act adventure afternoon age air alarm anger answer anything arm art attempt attention autumn
    back bargain batch battle beak beard beat beginning belief best bet bid birth birthday bit blessing blizzard
    blood body bone bones boss bottom breath brink bug business call care career case cause ceiling celebration
    century chain championship chance childhood chill choice climb cloud clue code cold color colour company
    competition contest corner cost courage course crime cry cure current curse custom dance dark darkness dawn day
    daybreak deadline deal death debt decade decision desire direction disaster disasters disease distance
    documentary doubt dream drink drive duel dusk dust duty ear earth east echo edge effect effort election end
    ending evening everything evidence exam eye eyes face fact faith fall fame fashion fate fear feeling feet fight
    film final finger finish first flash flight flock flood floor flour fog food foot fortune fun funeral fur future
    game generation glacier glitch glow grief ground group guard guilt habit hair half hand hands harvest head heart
    heat heist help herd history holiday home hope horizon hour hug hundred hunt hurricane ice idea illness inside
    job joke journey joy jump kind kindness kiss knee language lap last laugh laughter law lead leg lesson level
    levels lie life light lightning lights line look lot love luck lullaby magic manner match meal melody memory
    message middle midnight million mind minute miracle mission mistake moment money month mood moonlight morning
    moustache mouth movie mud murder music mystery name nap neck news next night nightmare noise noon north nose
    nothing number oath offer one ones only opening opinion opinions order other outside own pack pain part party
    past path paw peace peel place plague plan play plot poem point power present price pride problem profession
    promise quest question race rain rainbow rainstorm rear reason rent rest result revolution rhythm ride ritual
    rival road role roof route routine row rule rumor rumour run sale salt same sand sandstorm scene scent science
    score scream season second secret sense sequel series set shadow shame shape shift shoulder show side sight sign
    signal silence size skin skip sky sleep smell smile smoke snow snowstorm something song sorrow sort soul sound
    south spark speedrun spell spirit spring start steam step steps storm story stretch style summer sun sunlight
    sunrise sunset surface swarm tail task taste tear teeth test thing thousand throat thunder thunderstorm tide
    time tongue tooth top tornado touch tournament track trade tradition trail trial trick trip trust truth tune
    turn twilight universe vacation verge view visit voice voyage wage walk wall war warning watchful water wave
    waves way weather wedding week west wind wing winter wish wonder word words work world worst wound year youth
    """.split()
)
"""Nouns that name nothing which could stand on a set or lie in a hand."""
_ABSTRACT_END = re.compile(r"(ness|ity|tion|sion|ment|ship|ance|ence|hood|ism|dom|ing|ed|ly|est|self)$")
_VERB_END = re.compile(r"[a-z](s|ing|ed)$")
_DESCRIBES = re.compile(r"^[a-z-]+(ing|en|ed|y|al|ar|id|ic|st|nt)$")
"""Words that look as if they describe, though the grammar's list does not have them."""
_NOT_BEFORE = ("to", "no", "without")
_OF_ONE = frozenset(["one"])
_BEFORE_BARE = frozenset("with of over for on by about from into in under behind between beside and or".split())
"""What a known thing without an article may follow ('they negotiate over honey')."""
_MEANT = DETERMINERS - {"each", "every", "no", "that", "this", "these", "those", "some"}
MOST = 24


@dataclass(frozen=True)
class Thing:
    """One thing that the text names."""

    noun: str
    said: str
    """With its adjectives and article ('a golden key')."""
    kind: str
    """The catalogue's entry that draws it; empty where there is nothing to draw ('a bet')."""
    fallback: str
    """What to admit where it is drawn as another kind."""
    at: int
    """Token where its noun stands."""


def held(kind: str) -> bool:
    """Whether a hand can hold things of ``kind``."""
    return kind in entries("props") or "hold" in entries("things").get(kind, {})


def things(tokens: list[Word], known: list[tuple[int, int]], taken: set[int], foreign: bool) -> list[Thing]:
    """The things that a text names, each once, in its order: nouns that the lexicon knows (``known``: token and length)
    and, but in another language, nouns with an article that nobody knows. ``taken`` are people's and places' tokens."""
    found: dict[str, Thing] = {}
    sizes = dict(known)
    inside = taken | {k for n, size in known for k in range(n, n + size)}
    for n in range(len(tokens)):
        thing = None
        if n in sizes and not any(k in taken for k in range(n, n + sizes[n])):
            thing = _known(tokens, n, sizes[n])
        elif not foreign and n not in inside:
            thing = _unknown(tokens, n, inside)
        if thing:
            found.setdefault(singular(thing.noun.split()[-1]), thing)
    return list(found.values())[:MOST]


def _known(tokens: list[Word], n: int, size: int) -> Thing | None:
    words = [t.low for t in tokens[n : n + size]]
    meaning = sense(words)
    start, meant = _phrase(tokens, n)
    before = tokens[start - 1].low if start else ""
    many = singular(words[-1]) != words[-1]
    bare = many or before in _BEFORE_BARE or (start > 0 and before not in STOP and bool(_VERB_END.search(before)))
    if meaning is None or not (meant or (bare and meaning.kind and before not in _NOT_BEFORE)):
        return None
    noun = " ".join([*words[:-1], singular(words[-1])])
    return Thing(noun, _said(tokens, n, size), meaning.kind, meaning.fallback, n)


def _unknown(tokens: list[Word], n: int, inside: set[int]) -> Thing | None:
    """A noun that the lexicon does not know, right after its article and adjectives: it is drawn as a parcel."""
    noun, (start, meant) = tokens[n].low, _phrase(tokens, n)
    if not meant or not _concrete(tokens[n]) or inside & set(range(start, n + 2)):
        return None
    after = tokens[n + 1] if n + 1 < len(tokens) else None
    if after is not None and after.low not in VERBISH and _concrete(after) and not after.low.endswith("s"):
        return None  # it says what the next noun is for: the head of the phrase comes later
    return Thing(singular(noun), _said(tokens, n, 1), "parcel", f"{singular(noun)!r} is drawn as a parcel", n)


def _concrete(word: Word) -> bool:
    """Whether an unknown word looks like the name of a thing."""
    low = word.low
    plain = low.isalpha() and len(low) > 2 and word.text.islower() and low not in STOP | COUNTS.keys() | COLLECTIVE
    return (
        plain
        and not {low, singular(low)} & ABSTRACT
        and not ADJECTIVE(low)
        and not _ABSTRACT_END.search(singular(low))
        and sense([low]) is None
    )


def _phrase(tokens: list[Word], n: int) -> tuple[int, bool]:
    """Where the noun phrase of the noun at ``n`` starts, and whether an article or a number means the thing itself."""
    k = n
    while k and n - k < 4 and (ADJECTIVE(tokens[k - 1].low) or (k < n and tokens[k - 1].low in ("very", ","))):
        k -= 1
    if k > 1 and _means(tokens[k - 2]) and _DESCRIBES.search(tokens[k - 1].low) and tokens[k - 1].low not in STOP:
        k -= 1  # a stolen painting, a heavy bell, a glowing egg
    if k and _means(tokens[k - 1]):
        return k - 1, True
    return k, k > 0 and tokens[k - 1].text.lower().endswith(("'s", "’s"))


def _means(word: Word) -> bool:
    return word.low in _MEANT | COUNTS.keys() | _OF_ONE


def _said(tokens: list[Word], n: int, size: int) -> str:
    start, _ = _phrase(tokens, n)
    article = tokens[start].low if tokens[start].low in ("a", "an") else "the"
    first = start + _means(tokens[start])
    adjectives = [t.low for t in tokens[first:n] if t.low.isalpha() or "-" in t.low]
    return " ".join([article, *adjectives, *(t.low for t in tokens[n : n + size])])
