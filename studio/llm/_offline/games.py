"""Games: whether a prompt plays inside a video game or tells of somebody who plays one, and which scenes that is."""

from __future__ import annotations

import re
from typing import Any

_GAME = (
    r"(?:video|computer|arcade|mobile|console|platform|retro|handheld|role-playing) ?-?games?|videogames?|"
    r"arcade(?: machine| cabinet|s)?|(?:games?|gaming) consoles?|game ?boys?|cartridges?|platformers?|"
    r"side[- ]?scrollers?|jump[- ]?(?:and|'?n'?)[- ]?runs?|metroidvanias?|roguelikes?|mmorpgs?|rpgs?|"
    r"(?:8|16|32|64)[- ]?bit \w+|game world"
)
_INTO = r"(?:inside|in|into|within|through|enters?|entering|escapes? from|of|from)"
INSIDE = re.compile(
    rf"\b{_INTO} (?:[\w'-]+ ){{0,4}}?(?:{_GAME})\b|\b(?:non[- ]player characters?|npcs?|"
    rf"(?:8|16|32|64)[- ]?bit (?:hero(?:ine)?|knight|prince(?:ss)?|plumber|world|kingdom|city|land)|"
    rf"pixel (?:hero(?:ine)?|knight|prince(?:ss)?|kingdom|world|land|dungeon)|respawn\w*|warp zones?)\b"
    rf"|\b(?:{_GAME})(?:'s)? (?:hero(?:ine)?|character|villain|boss|princess|knight|enem(?:y|ies))\b",
    re.I,
)
"""The story plays on a game's screen."""
PLAYED = re.compile(
    r"\bspeed[- ]?run(?:s|ners?|ning)?\b|\b(?:final |last )?boss (?:fight|battle|level|room|rush)\b|\bfinal boss\b|"
    r"\bgamers?\b|\be-?sports?\b|\bnew game plus\b|\bgame over\b|\bextra li(?:fe|ves)\b|\blevel(?:s|ling|led)? up\b|"
    rf"\b(?:plays?|playing|beats?|beating|finish(?:es)?|completes?) (?:[\w'-]+ ){{0,3}}?(?:{_GAME})\b|"
    r"\b(?:last|final|bonus|secret|hidden|first|next) (?:level|stage) of (?:[\w'-]+ ){0,3}?game\b",
    re.I,
)
"""Somebody plays: the story goes to the screen and comes back."""
OTHERWISE = re.compile(
    r"\bshopping arcades?\b|\barcades? of (?:shops|stalls|columns|arches|trees)\b|\bcolumned arcades?\b|"
    r"\b(?:ammunition|ink|toner|printer|filter|gas) cartridges?\b|\b(?:without|no|hates?|sells?|banned?|bans) "
    rf"(?:[\w'-]+ ){{0,2}}?(?:{_GAME})\b",
    re.I,
)
"""What sounds like a game and is none, or is a game that nobody is in."""
_LEVEL = re.compile(r"\b(last|final|first|next|bonus|secret|hidden) (level|stage)\b", re.I)


def played(text: str) -> str:
    """``inside`` where all of the story plays in a video game, ``played`` where somebody plays one, else empty."""
    left = OTHERWISE.sub(" ", text)
    return "inside" if INSIDE.search(left) else "played" if PLAYED.search(left) else ""


def kinds(text: str, total: int) -> list[str]:
    """The kind of each of ``total`` scenes: a player's story begins and ends before the screen."""
    how = played(text)
    within = {"inside": range(total), "played": range(1, total - 1) if total > 2 else range(total - 1, total)}
    return ["game" if n in within.get(how, range(0)) else "" for n in range(total)]


def level(text: str) -> dict[str, Any]:
    """The place of the scenes that play in the game."""
    named = _LEVEL.search(text)
    name = named[0].lower() if named else "game"
    return {
        "id": name.replace(" ", "-"),
        "name": f"the {name}",
        "kind": "field",
        "description": "A level of a side-scrolling game: ground, gaps and moving platforms under a bright sky.",
        "look": {},
    }


SCENES = {
    "setup": (
        "{a} walks into {p} and waits.", "{a} runs and leaps over the first gap of {p}.", "{a} runs past the first coins.",
        "{a} stands still for a moment, then runs.",
    ),
    "turn": (
        "{a} jumps from one moving platform to the next.", "{a} runs, ducks under a bird and runs on.",
        "{a} waits for the platform, then jumps.", "{a} walks back for a coin that everybody else misses, then runs.",
        "{a} hops onto a crate and leaps off it.",
    ),
    "crisis": (
        "{a} runs through {p} without stopping once.", "{a} leaps over gap after gap.",
        "{a} crouches until the bird is gone, then sprints.", "{a} jumps, bounces off a beetle and runs on.",
        "{a} races ahead and jumps at the very edge.",
    ),
    "resolution": (
        "{a} runs the last stretch of {p} and jumps.", "{a} walks on to the end of {p}.",
        "{a} leaps over the last gap and stops.",
    ),
}  # fmt: skip
"""Sentences for each beat, in verbs that a player can press."""
