"""Made-up characters and their look-alikes, who differ in one thing only; made-up places and their neighbours."""

from __future__ import annotations

import colorsys
from functools import cache

import numpy as np

from studio.previz.figures.wardrobe import GARMENTS, HATS
from studio.story.catalogue import entries
from studio.story.document import Character, Location, Look

HELD_OUT_CREATURES = ("fox", "owl", "dolphin", "horse")
HELD_OUT_PEOPLE = ("vampire", "snowman")
HELD_OUT_PLACES = ("lighthouse", "kitchen", "station", "cave", "desert", "market")
HELD_OUT_GENRES = ("western", "horror")
"""Kinds and styles that training never sees."""
THINGS = ("hair", "coat", "colour", "prop")
"""The one thing in which a look-alike differs."""
_CUTS = ("short", "long", "bob", "bun", "ponytail", "wavy", "curly", "braids", "pixie", "afro", "slicked", "messy",
         "spiky", "bald", "mohawk")  # fmt: skip
_TONES = ("black", "brown", "blond", "red", "grey", "white", "auburn", "dark", "silver", "chestnut", "blue", "pink")
_BEARDS = ("", "", "", "", " with a short beard", " with a full beard", " with a moustache", " with a goatee")
_AGES = ("child", "teen", "young", "adult", "adult", "middle-aged", "old", "old")
_BUILDS = ("slim", "average", "average", "sturdy", "heavy", "tall", "short")
_DYES = ("red", "blue", "green", "yellow", "white", "black", "brown", "grey", "pink", "purple", "orange", "teal",
         "crimson", "navy", "olive", "cream", "golden")  # fmt: skip
_SPECTACLES = ("glasses", "sunglasses", "eye patch")


def _dye(rng: np.random.Generator) -> str:
    h, s, v = rng.uniform(), rng.uniform(0.15, 0.85), rng.uniform(0.25, 0.95)
    return "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hsv_to_rgb(h, s, v))


def _other(rng: np.random.Generator, hex_: str) -> str:
    """A colour that nobody takes for ``hex_``: at least a third of the RGB cube's edge away."""
    was = np.array([int(hex_[i : i + 2], 16) for i in (1, 3, 5)])
    while True:
        new = _dye(rng)
        if np.linalg.norm(was - [int(new[i : i + 2], 16) for i in (1, 3, 5)]) > 90:
            return new


def _pick(rng: np.random.Generator, choices: object) -> str:
    options = list(choices)  # type: ignore[call-overload]
    return str(options[int(rng.integers(len(options)))])


@cache
def _slots() -> dict[str, list[str]]:
    slots: dict[str, list[str]] = {}
    for word, garment in GARMENTS.items():
        slots.setdefault(garment.slot, []).append(word)
    return slots


@cache
def _things() -> tuple[str, ...]:
    return tuple(entries("props"))


def character(rng: np.random.Generator, held_out: bool = False) -> Character:
    """A person (mostly), a figure of another kind or a creature; ``held_out`` allows the kinds kept from training."""
    draw = rng.uniform()
    if draw < 0.2:
        return _creature(rng, held_out)
    kinds = [k for k in entries("people") if held_out or k not in HELD_OUT_PEOPLE]
    kind = "person" if draw < 0.85 else _pick(rng, HELD_OUT_PEOPLE if held_out and rng.uniform() < 0.5 else kinds)
    slots = _slots()
    outer = _pick(rng, ("top", "over", "over", "whole"))
    clothes = [f"{_pick(rng, _DYES)} {_pick(rng, slots[outer])}"]
    if outer != "whole":
        clothes.append(f"{_pick(rng, _DYES)} {_pick(rng, slots['bottom'])}")
    clothes += [
        f"{_pick(rng, _DYES)} {_pick(rng, slots[s])}"
        for s, p in (("neck", 0.2), ("belt", 0.1), ("back", 0.12), ("feet", 0.5), ("apron", 0.08))
        if rng.uniform() < p
    ]
    if rng.uniform() < 0.35:
        clothes.append(f"{_pick(rng, _DYES)} {HATS[_pick(rng, HATS)][0]}")
    props = [_pick(rng, _things())] if rng.uniform() < 0.5 else []
    props += [_pick(rng, _SPECTACLES)] if rng.uniform() < 0.2 else []
    colours = {
        part: _dye(rng)
        for part, p in (("top", 0.6), ("bottom", 0.4), ("hat", 0.3), ("accent", 0.5))
        if rng.uniform() < p
    }
    gender = _pick(rng, ("female", "male"))
    look = Look(
        age=_pick(rng, _AGES), build=_pick(rng, _BUILDS), gender=gender,
        hair=f"{_pick(rng, _CUTS)} {_pick(rng, _TONES)} hair{_pick(rng, _BEARDS) if gender == 'male' else ''}",
        clothes=clothes, colours=colours, props=props,
    )  # fmt: skip
    return _named(rng, kind, look)


def _creature(rng: np.random.Generator, held_out: bool) -> Character:
    kinds = [k for k in entries("creatures") if held_out or k not in HELD_OUT_CREATURES]
    kind = _pick(rng, HELD_OUT_CREATURES if held_out and rng.uniform() < 0.4 else kinds)
    colours = {part: _dye(rng) for part in ("body", "belly", "accent") if rng.uniform() < 0.6}
    return _named(rng, kind, Look(colours=colours))


def _named(rng: np.random.Generator, kind: str, look: Look) -> Character:
    words = " ".join([look.age, look.build, look.gender, kind, "with", look.hair, *look.clothes, *look.props])
    slug = f"c-{int(rng.integers(2**40)):x}"
    return Character(id=slug, name=kind, kind=kind, description=" ".join(words.split()), look=look)


def look_alike(rng: np.random.Generator, one: Character) -> tuple[Character, str]:
    """Somebody of the same kind, age and build who differs in one thing; returns it with the thing's name."""
    look = one.look
    creature = one.kind in entries("creatures")
    thing = "colour" if creature else _pick(rng, THINGS)
    colours, clothes, props, hair = dict(look.colours), list(look.clothes), list(look.props), look.hair
    if creature:
        part = _pick(rng, ("body", "body", "accent", "belly"))
        colours[part] = _other(
            rng, colours.get(part) or entries("creatures")[one.kind].get("colours", {}).get(part) or "#808080"
        )
    elif thing == "hair":
        colours["hair"] = _other(rng, colours.get("hair", "#5a4030"))
        if rng.uniform() < 0.6:
            hair = hair.replace(hair.split()[0], _pick(rng, [c for c in _CUTS if c != hair.split()[0]]), 1)
    elif thing == "colour":
        part = _pick(rng, ("top", "top", "bottom"))
        colours[part] = _other(rng, colours.get(part, "#808080"))
    elif thing == "coat":
        clothes[0] = f"{_pick(rng, _DYES)} {_pick(rng, [w for w in _slots()['over'] if w not in clothes[0]])}"
        colours["top"] = _other(rng, colours.get("top", "#808080"))
    else:
        props, clothes = _other_props(rng, props, clothes)
    update = {"colours": colours, "clothes": clothes, "props": props, "hair": hair}
    # The id seeds whatever the look leaves open, so a look-alike keeps it: all else stays the same.
    return one.model_copy(update={"look": look.model_copy(update=update)}), thing


def _other_props(rng: np.random.Generator, props: list[str], clothes: list[str]) -> tuple[list[str], list[str]]:
    """A hat, spectacles or a thing in hand comes, goes or changes."""
    hats = {name for names in HATS.values() for name in names}
    what = _pick(rng, ("hat", "hat", "spectacles", "hand"))
    if what == "hat":
        bare = [c for c in clothes if not any(c.endswith(h) for h in hats)]
        return props, bare if len(bare) < len(clothes) and rng.uniform() < 0.5 else [
            *bare,
            f"{_pick(rng, _DYES)} {HATS[_pick(rng, HATS)][0]}",
        ]
    if what == "spectacles":
        kept = [p for p in props if p not in _SPECTACLES]
        return (kept if len(kept) < len(props) else [*props, _pick(rng, _SPECTACLES)]), clothes
    worn = [p for p in props if p in _SPECTACLES]
    return [_pick(rng, [t for t in _things() if t not in props]), *worn], clothes


def place(rng: np.random.Generator, held_out: bool = False) -> Location:
    """A place of some kind with a layout and colours of its own."""
    kinds = (
        HELD_OUT_PLACES
        if held_out and rng.uniform() < 0.6
        else [k for k in entries("places") if k not in HELD_OUT_PLACES]
    )
    kind = _pick(rng, kinds)
    entry = entries("places")[kind]
    names = [n for n in ("far", "middle", "floor", "wall", "accent") if n in entry.get("colours", {})]
    look = {n: _dye(rng) for n in names if rng.uniform() < 0.15}
    slug = f"l-{int(rng.integers(2**40)):x}"
    return Location(id=slug, name=kind, kind=kind, description=f"a {kind}", look=look)
