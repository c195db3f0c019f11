"""Noun phrases: where one begins and ends, what it means, and how many it names."""

from __future__ import annotations

import re

from studio.llm._offline.grammar import ADJECTIVE, ALL, COLLECTIVE, COUNTS, DETERMINERS, FOLK, STOP, VERBISH, Word
from studio.llm._offline.lexicon import Sense, sense, singular


def longest(tokens: list[Word], n: int) -> tuple[int, Sense | None]:
    """(words, meaning) of the longest known noun that begins at token ``n``; (1, None) where none does."""
    for size in (4, 3, 2, 1):
        phrase = [t.low for t in tokens[n : n + size]]
        if len(phrase) < size or not all(p[0].isalpha() for p in phrase) or phrase[0] in STOP | COUNTS.keys():
            continue
        meaning = sense(phrase)
        if meaning is not None and meaning.family == "thing" and size == 1 and not _names_a_thing(tokens[n]):
            continue
        if meaning is not None and not (size == 1 and _acts(tokens, n)):
            return size, meaning
    return 1, None


def everybody(tokens: list[Word], n: int) -> bool:
    """Whether a whole place does something: 'the whole town comes looking' means its people as well."""
    low = [t.low for t in tokens[n : n + 3]]
    if len(low) < 3 or low[0] not in ALL:
        return False
    return low[1] in FOLK and (_does(low[2]) or low[2] in VERBISH)


def _does(word: str) -> bool:
    return word in ("is", "was", "has", "had", "must", "will", "came", "went") or (
        re.fullmatch(r"[a-z]{2,}(s|ed)", word) is not None and word not in STOP and sense([word]) is None
    )


def _names_a_thing(word: Word) -> bool:
    """Rose, Pearl and Lily are names; glass and stone describe what follows."""
    return word.text[0].islower() and not ADJECTIVE(word.low)


def compound(tokens: list[Word], n: int, size: int, meaning: Sense) -> tuple[int, Sense]:
    """Nouns in a row: the last is what is meant ('a goose girl', 'an apartment house', 'a cop car')."""
    while n + size < len(tokens):
        more, after = longest(tokens, n + size)
        sort = _sort_of(tokens, n + size, after) if meaning.family in ("person", "creature") else None
        if sort:  # rival pizza chefs are chefs
            size, meaning = size + sort[0], sort[1]
            continue
        if after is None or tokens[n + size - 1].low.endswith("'s") or tokens[n + size].text[0].isupper():
            break
        if meaning.family == "place" and after.family in ("person", "creature"):
            break  # a street musician works in a street: both are named
        if meaning.family in ("person", "creature") and after.family == "thing":
            break  # a cop car still has a cop
        if _acts(tokens, n + size) or (
            meaning.family != "place" and tokens[n + size - 1].low != singular(tokens[n + size - 1].low)
        ):
            break
        size, meaning = size + more, after
    return size, meaning


def _sort_of(tokens: list[Word], n: int, here: Sense | None) -> tuple[int, Sense] | None:
    """(words, meaning) where a word that is nobody's kind stands right before somebody's: 'pizza' before 'chefs'."""
    low = tokens[n].low
    if here is not None and here.family != "thing":
        return None
    if not low.isalpha() or low in STOP or low in VERBISH or re.search(r"(s|ed|ing|ly)$", low) or n + 1 >= len(tokens):
        return None
    more, after = longest(tokens, n + 1)
    if after is None or after.family not in ("person", "creature") or tokens[n + 1].text[0].isupper():
        return None
    return 1 + more, after


def _acts(tokens: list[Word], n: int) -> bool:
    """Whether a word that could be a noun is a verb here: 'waters the plants', 'learns to garden', 'a cat keeps going'."""
    word, before = tokens[n].low, tokens[n - 1].low if n else ""
    after = tokens[n + 1].low if n + 1 < len(tokens) else ""
    if before in ("to", "can", "must", "will", "would", "could", "should", "not", "who", "never", "he", "she", "they"):
        return word in VERBISH or (before != "to" and word.endswith("s"))
    if not word.endswith("s") or before in DETERMINERS:
        return False
    who, what = (None if before in STOP else sense([before]) if before else None), sense([word])
    if who and what and before == singular(before):
        somebody = who.family in ("person", "creature")
        return somebody and (what.family in ("place", "thing") or after in DETERMINERS or _one(tokens, n))
    return word in VERBISH and (after in DETERMINERS | STOP or not after[:1].isalpha())


def _one(tokens: list[Word], n: int) -> bool:
    """Whether the words before token ``n`` begin with 'a': 'a tired knight guards' has no plural, so it has a verb."""
    for k in range(n - 1, max(-1, n - 6), -1):
        word = tokens[k].low
        if word in DETERMINERS | STOP | COUNTS.keys():
            return word in ("a", "an", "one", "every", "each", "another")
    return False


def modifiers(tokens: list[Word], n: int) -> tuple[list[str], int, int]:
    """(adjectives, how many, where the noun phrase starts)."""
    adjectives: list[str] = []
    for k in range(n - 1, max(-1, n - 5), -1):
        word = tokens[k].low
        if word in ALL or (word in COLLECTIVE and k + 1 == n):  # a family dog is one dog
            continue
        if word in COUNTS:
            return adjectives[::-1], COUNTS[word], k
        if word in DETERMINERS:
            return adjectives[::-1], 1, k
        if word in ("and", ",") and adjectives and k and ADJECTIVE(tokens[k - 1].low):
            continue
        if k + 1 == n and _modifies(tokens, k):
            adjectives.append(word)
            continue
        if not ADJECTIVE(word):
            return adjectives[::-1], 1, k + 1
        if word not in ("own", "same", "other", "only", "very"):
            adjectives.append(word)
    return adjectives[::-1], 1, max(0, n - len(adjectives))


def _modifies(tokens: list[Word], k: int) -> bool:
    """Whether an unknown word is a noun's modifier: 'a telegraph operator', 'the young pizza chef'."""
    word, before = tokens[k].low, tokens[k - 1].low if k else ""
    plain = word.isalpha() and tokens[k].text.islower() and word not in STOP and not ADJECTIVE(word)
    if not plain or re.search(r"(s|ed|ly)$", word) or sense([word]) is not None:
        return False
    return before in DETERMINERS or before in COUNTS or (ADJECTIVE(before) and before not in STOP)
