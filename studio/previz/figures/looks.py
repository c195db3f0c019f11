"""From a character's words to one declared costume: the look that is given, then kind and trade, then its own seed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache

from studio.previz.canvas import Colour, hex_colour, mix
from studio.previz.figures import colours
from studio.previz.figures.wardrobe import Garment, garment
from studio.previz.figures.wardrobe import hair as read_hair
from studio.previz.figures.wardrobe import hat as read_hat
from studio.story.catalogue import entries
from studio.story.document import Character

_GLASSES = {"glasses": "clear", "spectacles": "clear", "monocle": "clear", "sunglasses": "dark", "shades": "dark",
            "eye patch": "patch", "eyepatch": "patch", "goggles": "dark"}  # fmt: skip
_FEMALE = re.compile(
    r"\b(she|her|woman|girl|lady|mother|queen|princess|grandmother|daughter|sister|wife|aunt|witch|actress|bride)\b"
)
_MALE = re.compile(r"\b(he|his|him|man|boy|father|king|prince|grandfather|son|brother|husband|uncle|wizard|groom)\b")


@dataclass(frozen=True)
class Costume:
    """Everything that makes one person look like nobody else."""

    age: str
    build: str
    female: bool
    material: str
    parts: tuple[str, ...]
    skin: Colour
    hair: Colour
    accent: Colour
    shoes: Colour
    cut: str
    beard: str
    moustache: str
    hat: str
    hat_colour: Colour
    glasses: str
    garments: dict[str, tuple[Garment, Colour]] = field(default_factory=dict)
    props: tuple[str, ...] = ()
    bare: bool = False


@cache
def _trades() -> list[tuple[str, str, re.Pattern[str]]]:
    """(word, trade, how it is found), longest words first."""
    pairs = [(word, name) for name, entry in entries("trades").items() for word in entry["words"]]
    ordered = sorted(pairs, key=lambda pair: -len(pair[0]))
    return [(word, name, re.compile(rf"\b{re.escape(word)}s?\b")) for word, name in ordered]


def trade(character: Character) -> dict[str, object]:
    """The trade that a character's name, id or description tells of; the last noun of the name counts most."""
    for text in (character.name.lower(), character.id.replace("-", " "), character.description.lower()):
        hits = [(text.rfind(w), len(w), name) for w, name, word in _trades() if w in text and word.search(text)]
        if hits and text is character.description.lower():
            return entries("trades")[min(hits)[2]]
        if hits:
            return entries("trades")[max(hits, key=lambda h: (h[1] > 5, h[0], h[1]))[2]]
    return {}


def _text(entry: dict[str, object], key: str) -> str:
    value = entry.get(key, "")
    return value if isinstance(value, str) else ""


def _list(entry: dict[str, object], key: str) -> list[str]:
    value = entry.get(key, [])
    return [str(v) for v in value] if isinstance(value, list) else []


def costume(character: Character, genre: str) -> Costume:
    """Declare the costume of ``character``."""
    look, kind, role = character.look, entries("people")[character.kind], trade(character)
    given = {k: v for k, v in look.colours.items() if re.fullmatch(r"#[0-9a-fA-F]{6}", v)}
    base = {**kind.get("colours", {})}
    words = f"{character.name} {character.description}".lower()
    age = look.age if look.age != "adult" else (_text(role, "age") or kind.get("age") or "adult")
    gender = look.gender or _text(kind, "gender") or _text(role, "gender")
    if not gender:
        gender = "female" if _FEMALE.search(words) else "male" if _MALE.search(words) else ""
    if not gender and role == {} and re.fullmatch(r"[A-Za-z]+[ao]", character.name):
        gender = "female" if character.name.endswith("a") else "male"  # Mira, Ada; Otto, Hugo
    female = gender == "female" or (not gender and colours.share(character.id + "/gender") < 0.5)
    seed = f"{character.id}/{character.kind}"
    phrases = list(look.clothes) or [*_list(kind, "clothes"), *([] if kind.get("clothes") else _list(role, "clothes"))]
    hats = [p for p in [*look.clothes, *look.props] if read_hat(p) and not (garment(p) and garment(p).slot != "neck")]  # type: ignore[union-attr]
    hat_phrase = hats[0] if hats else (_text(kind, "hat") or ("" if look.clothes and not role else _text(role, "hat")))
    dressed = _dress(phrases, seed, given, base, bool(kind.get("bare")), female, str(age))
    skin = given.get("skin") or base.get("skin") or colours.pick(seed + "/skin", colours.SKINS)
    cut, tone, beard, moustache = _hair(character, kind, role, female, str(age), seed)
    hat_hex = given.get("hat") or (colours.named(hat_phrase) if hat_phrase else None) or _hat_default(hat_phrase, seed)
    props = [p for p in look.props if not _worn(p) and not read_hat(p)] or (
        [p for p in [*_list(kind, "props"), *_list(role, "props")] if not _worn(p)] if not look.props else []
    )
    worn = " ".join([*look.props, *look.clothes, *_list(role, "props"), look.hair]).lower()
    glasses = next((v for k, v in sorted(_GLASSES.items(), key=lambda kv: -len(kv[0])) if k in worn), "")
    shoes = given.get("shoes") or (dressed["feet"][0].colour if "feet" in dressed else None) or base.get("shoes")
    top = dressed.get("over") or dressed.get("whole") or dressed.get("top")
    accent = given.get("accent") or base.get("accent") or colours.fabric(seed, "accent")
    if "feet" in dressed and dressed["feet"][0].style == "barefoot":
        shoes = skin
    return Costume(
        age=str(age), build=look.build if look.build != "average" else (_text(role, "build") or _text(kind, "build") or "average"),  # noqa: E501
        female=female, material=_text(kind, "material") or "skin", parts=tuple(_list(kind, "parts")), skin=hex_colour(skin),  # noqa: E501
        hair=hex_colour(given.get("hair") or tone), accent=hex_colour(accent),
        shoes=hex_colour(shoes) if shoes else mix(top[1] if top else (0.3, 0.2, 0.2), (0.16, 0.1, 0.1), 0.72),
        cut=cut, beard=beard, moustache=moustache, hat=read_hat(hat_phrase) or "" if hat_phrase else "", hat_colour=hex_colour(hat_hex),  # noqa: E501
        glasses=glasses, garments=dressed, props=tuple(props), bare=bool(kind.get("bare")),
    )  # fmt: skip


def _worn(prop: str) -> bool:
    return any(k in prop.lower() for k in _GLASSES)


def _hat_default(phrase: str, seed: str) -> str:
    text = phrase.lower()
    for words, hex_ in ((("chef", "baker", "nurse", "maid", "sailor", "space", "beekeeper"), "#f4f1e8"), (("straw",), "#dcb968"),  # noqa: E501
                        (("sou",), "#efc03f"), (("hard", "fire"), "#e8b13a"), (("helm", "horned"), "#a3b0ba"), (("top hat", "bowler", "witch"), "#2f2b38"),  # noqa: E501
                        (("fedora", "trilby"), "#6b5a48"), (("cowboy", "pith"), "#a57a4c"), (("veil",), "#2f2d36"), (("army",), "#6f7145"),  # noqa: E501
                        (("peaked", "police", "captain", "kepi"), "#2b3a5e"), (("pirate", "tricorn"), "#2f2b33")):  # fmt: skip  # noqa: E501
        if any(w in text for w in words):
            return hex_
    return colours.fabric(seed, "hat")


def _hair(
    character: Character, kind: dict[str, object], role: dict[str, object], female: bool, age: str, seed: str
) -> tuple[str, str, str, str]:
    phrase = character.look.hair or _text(kind, "hair") or _text(role, "hair")
    if not phrase and (found := re.search(r"[\w-]+ (?:hair|beard|moustache)", character.description.lower())):
        phrase = found.group(0)
    cut, tone, beard, moustache = read_hair(phrase)
    if not cut:
        women = ("long", "bob", "bun", "ponytail", "wavy", "curly", "braids", "pixie", "afro")
        men = ("short", "slick", "messy", "curly", "short", "spiky", "wavy", "side" if age == "old" else "afro")
        cut = colours.pick(seed + "/cut", women if female else men)
        if (
            not female
            and not phrase
            and age in ("adult", "middle-aged", "old")
            and colours.share(seed + "/beard") < 0.4
        ):
            beard = colours.pick(seed + "/beards", ("short", "full", "goatee", "short"))
    if not tone:
        tone = colours.pick(seed + "/hair", colours.GREYS if age == "old" else colours.HAIRS)
    return cut, tone, beard, moustache


_DEFAULTS = {False: (("shirt", "sweater", "jacket", "hoodie", "cardigan", "vest"), "trousers"),
             True: (("dress", "cardigan", "sweater", "jacket", "blouse", "coat"), "skirt")}  # fmt: skip
_NEUTRAL = {"apron": "#efe7d6", "lab coat": "#f1efe9", "armour": "#a3b0ba", "space suit": "#eceff1", "spacesuit": "#eceff1",  # noqa: E501
            "jeans": "#4a688c", "boots": "#5a3d2b", "wedding dress": "#f6f2ea", "overalls": "#4f6f94", "trench": "#c2a173",  # noqa: E501
            "belt": "#6b4429", "collar": "#f4f1e8", "necklace": "#e3bd4f", "backpack": "#8a5f3b", "tuxedo": "#2d2b35",
            "trenchcoat": "#c2a173", "armor": "#a3b0ba", "plate": "#a3b0ba", "chainmail": "#9aa5ad"}  # fmt: skip


def _dress(phrases: list[str], seed: str, given: dict[str, str], base: dict[str, str], bare: bool, female: bool, age: str) -> dict[str, tuple[Garment, Colour]]:  # fmt: skip  # noqa: E501
    pieces: dict[str, Garment] = {}
    for phrase in phrases:
        found = garment(phrase)
        if found and (found.slot not in pieces or found.slot in ("top", "over")):
            slot = "over" if found.slot == "top" and "top" in pieces and "over" not in pieces else found.slot
            pieces.setdefault(slot, found)
    if "whole" not in pieces and not bare:
        tops, bottom = _DEFAULTS[female]
        if not {"top", "over"} & set(pieces):
            choice = garment(
                colours.pick(
                    seed + "/top",
                    tops if age != "child" else ("hoodie", "sweater", "t-shirt", "dress" if female else "shirt"),
                )
            )
            assert choice
            pieces[choice.slot] = choice
        if "over" in pieces and "top" not in pieces:
            pieces["top"] = replace(
                garment("shirt"), colour=colours.pick(seed + "/shirt", ("#f0e6d2", "#e8d6c0", "#dfe5ea", "#f2dfc0"))
            )  # type: ignore[type-var]
        if "bottom" not in pieces and "whole" not in pieces:
            skirted = female and colours.share(seed + "/skirt") < 0.45
            pieces["bottom"] = garment(bottom if skirted else "trousers") or GARMENT_FALLBACK
    if "whole" in pieces and pieces["whole"].front in ("lapels", "bib") and "top" not in pieces:
        pieces["top"] = replace(
            garment("shirt"), colour=colours.pick(seed + "/shirt", ("#f0e6d2", "#d9c0a4", "#dfe5ea"))
        )  # type: ignore[type-var]
    main = "over" if "over" in pieces else "whole" if "whole" in pieces else "top"
    out = {}
    for slot, piece in pieces.items():
        override = (
            given.get("top")
            if slot == main
            else given.get("bottom")
            if slot == "bottom"
            else given.get("accent")
            if slot in ("neck", "belt")
            else None
        )
        kind = base.get("top") if slot == main else base.get("bottom") if slot == "bottom" else None
        hex_ = (
            override
            or piece.colour
            or kind
            or _NEUTRAL.get(piece.style)
            or colours.fabric(seed, slot if slot == "bottom" else "top" if slot == main else slot)
        )
        out[slot] = (piece, hex_colour(hex_))
    return out


GARMENT_FALLBACK = Garment("bottom", "trousers", 0, 1.0)
