"""The wardrobe: reads free phrases ("forest-green canvas jacket", "curly dark hair in a low bun") into declarations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.previz.figures.colours import named


@dataclass(frozen=True)
class Garment:
    """One piece of clothing. Lengths: ``sleeve`` 0…1 of the arm, ``hem`` 0…1 of the leg below the hip."""

    slot: str
    style: str
    sleeve: float = 1.0
    hem: float = 0.0
    flare: float = 0.0
    front: str = ""
    """What is cut on the front: buttons, open, lapels, collar, hood, zip, fur, plates, cross, bib, v."""
    colour: str | None = None
    pattern: str = ""


def _g(slot: str, words: str, sleeve: float = 1.0, hem: float = 0.0, flare: float = 0.0, front: str = "") -> dict[str, Garment]:  # fmt: skip  # noqa: E501
    return {w: Garment(slot, words.split(",")[0], sleeve, hem, flare, front) for w in words.split(",")}


GARMENTS: dict[str, Garment] = {
    **_g("top", "shirt,blouse,uniform shirt,smock,polo,kurta", 1, 0.06, 0, "collar"),
    **_g("top", "t-shirt,tee,jersey,scrubs,top,tank top,singlet,leotard,swimsuit,seashell top", 0.32, 0.03),
    **_g("top", "sweater,jumper,pullover,turtleneck,knit,sweatshirt", 1, 0.08, 0, "roll"),
    **_g("top", "tunic,chainmail,surcoat", 0.9, 0.32, 0.25, "v"),
    **_g("over", "jacket,blazer,anorak,windbreaker,puffer,bomber", 1, 0.12, 0, "zip"),
    **_g("over", "coat,overcoat,trench,trenchcoat,raincoat,parka,greatcoat,frock,tailcoat,duffel", 1, 0.55, 0.2, "lapels"),  # noqa: E501
    **_g("over", "lab coat", 1, 0.5, 0.12, "lapels"),
    **_g("over", "cardigan", 1, 0.16, 0, "open"),
    **_g("over", "hoodie,hooded", 1, 0.1, 0, "hood"),
    **_g("over", "vest,waistcoat,gilet", 0.0, 0.05, 0, "open"),
    **_g("over", "shawl,poncho,stole", 0.45, 0.02, 0.5, "v"),
    **_g("over", "tabard", 0.0, 0.34, 0.1, "cross"),
    **_g("whole", "dress,gown,pinafore,frock dress,sundress", 0.3, 0.62, 0.5, "v"),
    **_g("whole", "wedding dress,ball gown", 0.3, 0.93, 0.75, "v"),
    **_g("whole", "tutu", 0.0, 0.22, 1.3, ""),
    **_g("whole", "robe,habit,kaftan,toga,cassock,kimono,cloak robe,nightgown", 1, 0.92, 0.35, "v"),
    **_g("whole", "suit,tuxedo,uniform,livery", 1, 0.12, 0, "lapels"),
    **_g("whole", "overalls,dungarees", 0.0, 0.0, 0, "bib"),
    **_g("whole", "jumpsuit,boilersuit,bodysuit,wetsuit,onesie,coverall,catsuit", 1, 0.0, 0, "zip"),
    **_g("whole", "space suit,spacesuit", 1, 0.0, 0, "panel"),
    **_g("whole", "armour,armor,plate", 1, 0.16, 0.3, "plates"),
    **_g("bottom", "trousers,pants,slacks,leggings,breeches,tights,corduroys", 0, 1.0),
    **_g("bottom", "jeans", 0, 1.0),
    **_g("bottom", "wide trousers,hakama", 0, 1.0, 0.5),
    **_g("bottom", "shorts,trunks,loincloth", 0, 0.42),
    **_g("bottom", "skirt,kilt", 0, 0.5, 0.45),
    **_g("bottom", "long skirt", 0, 0.86, 0.4),
    **_g("apron", "apron", 0, 0.45),
    **_g("neck", "scarf,muffler,bandana,kerchief"), **_g("neck", "tie,necktie"), **_g("neck", "bow tie,bowtie"),
    **_g("neck", "necklace,pearls,medallion,amulet,pendant,medals,medal"), **_g("neck", "collar"),
    **_g("belt", "belt,sash,rope belt"), **_g("back", "cape,cloak,mantle"), **_g("back", "backpack,rucksack,tank,jetpack"),  # noqa: E501
    **_g("back", "satchel,messenger bag,shoulder bag"), **_g("hands", "gloves,mittens,gauntlets,boxing gloves"),
    **_g("feet", "boots,boot,wellingtons,wellies", 0, 0.4), **_g("feet", "flippers"),
    **_g("feet", "shoes,sneakers,slippers,heels,trainers,ballet shoes,loafers,clogs"), **_g("feet", "sandals,flip-flops"),  # noqa: E501
    **_g("feet", "barefoot"), **_g("feet", "socks,stockings"),
}  # fmt: skip

HATS: dict[str, tuple[str, ...]] = {
    "top": ("top hat", "stovepipe"), "bowler": ("bowler hat", "bowler", "derby"), "fedora": ("fedora", "trilby", "homburg"),  # noqa: E501
    "cowboy": ("cowboy hat", "stetson", "sombrero"), "straw": ("straw hat", "sun hat", "wide-brimmed hat", "hat", "boater"),  # noqa: E501
    "cap": ("cap", "baseball cap", "trucker cap"), "flatcap": ("flat cap", "newsboy cap", "deerstalker"),
    "peaked": ("peaked cap", "police cap", "captain hat", "captain's hat", "captain's cap", "kepi", "officer's cap"),
    "beanie": ("beanie", "knit cap", "woolen hat", "woollen hat", "wool hat", "knitted hat", "toque", "watch cap"),
    "bobble": ("bobble hat", "pom-pom hat", "winter hat", "tuft hat"), "beret": ("beret",),
    "chef": ("chef hat", "chef's hat", "baker cap", "toque blanche"), "sailor": ("sailor cap", "sailor hat"),
    "crown": ("crown", "small crown", "laurel"), "tiara": ("tiara", "diadem", "circlet", "flower crown"),
    "witch": ("witch hat", "wizard hat", "pointed hat", "pointy hat", "party hat", "cone hat"),
    "pirate": ("pirate hat", "tricorn", "bicorne", "tricorne"), "sou": ("sou'wester", "southwester", "rain hat", "bucket hat"),  # noqa: E501
    "hard": ("hard hat", "miner helmet", "pith helmet", "army helmet", "helmet", "fire helmet", "bike helmet", "safari hat"),  # noqa: E501
    "helm": ("helm", "knight helmet", "visor helmet", "great helm"), "viking": ("horned helmet", "viking helmet"),
    "space": ("space helmet", "astronaut helmet", "glass helmet", "bubble helmet", "diving helmet", "beekeeper hat"),
    "turban": ("turban", "headwrap"), "scarf": ("headscarf", "nun veil", "hijab", "bonnet", "maid cap", "veil", "nurse cap"),  # noqa: E501
    "aviator": ("aviator cap", "flying cap", "ushanka", "fur hat", "fur hood", "earflap hat", "trapper hat"),
    "feather": ("feathered hat", "robin hood hat", "feather hat"), "hood": ("hood",), "headband": ("headband", "bandanna"),  # noqa: E501
    "earmuffs": ("earmuffs", "headphones"), "mask": ("diving mask", "goggles", "snorkel", "welding goggles"),
}  # fmt: skip

HAIR: dict[str, tuple[str, ...]] = {
    "bald": ("bald", "shaved", "hairless"), "afro": ("afro",), "mohawk": ("mohawk",), "bun": ("bun", "chignon", "updo"),
    "topknot": ("topknot", "top knot", "man bun"), "ponytail": ("ponytail", "pony tail"), "pigtails": ("pigtails", "bunches"),  # noqa: E501
    "braids": ("braids", "braided", "plaits", "braid", "plait", "dreadlocks"), "bob": ("bob", "fringe", "bangs"),
    "curly": ("curly", "curls", "frizzy", "ringlets"), "spiky": ("spiky", "spikes", "punk"), "wavy": ("wavy", "waves"),
    "long": ("long", "flowing", "shoulder-length"), "side": ("side hair", "balding", "receding", "thinning"),
    "slick": ("slicked", "slick", "combed", "neat", "parted"), "messy": ("messy", "shaggy", "tousled", "unruly", "windswept", "wild"),  # noqa: E501
    "tuft": ("tuft",), "pixie": ("pixie", "pixie cut"), "short": ("short", "cropped", "buzz", "crew"),
}  # fmt: skip

PATTERNS = {
    "striped": "stripes", "stripy": "stripes", "stripes": "stripes", "checked": "checks", "checkered": "checks",
    "plaid": "checks", "flannel": "checks", "tartan": "checks", "spotted": "dots", "dotted": "dots", "polka": "dots",
    "floral": "dots", "hawaiian": "dots", "patterned": "dots", "patched": "patch", "torn": "patch", "ragged": "patch",
    "knitted": "knit", "knit": "knit", "woollen": "knit", "wool": "knit", "fur": "fur", "quilted": "knit", "puffer": "knit",  # noqa: E501
}  # fmt: skip


def _has(phrase: str, word: str) -> bool:
    return word in phrase and re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", phrase) is not None


def garment(phrase: str) -> Garment | None:
    """The garment that ``phrase`` names, with its colour and pattern; the longest name wins, then the last one."""
    text = phrase.lower().replace("_", " ")
    found = [w for w in GARMENTS if _has(text, w)] or [
        w for w in GARMENTS if len(w) > 3 and w.rstrip("s") in text.split()
    ]
    if not found:
        return None
    word = max(found, key=lambda w: (len(w.split()), text.rfind(w)))
    base = GARMENTS[word]
    pattern = next((PATTERNS[w] for w in PATTERNS if _has(text, w)), "")
    hem = min(0.95, base.hem + 0.3) if "long" in text and 0.1 < base.hem < 0.9 else base.hem
    style = word if base.slot in ("top", "over", "whole", "bottom") else base.style
    return Garment(base.slot, style, base.sleeve, hem, base.flare, base.front, named(text), pattern)


def hat(phrase: str) -> str | None:
    """The hat shape that ``phrase`` names, or None."""
    text = phrase.lower()
    found = [(len(w), kind) for kind, words in HATS.items() for w in words if _has(text, w)]
    return max(found)[1] if found else None


def hair(phrase: str) -> tuple[str | None, str | None, str, str]:
    """Cut, colour (hex), beard (``''``, stubble, short, full, long) and moustache (``''`` or ``yes``) of a phrase."""
    text = phrase.lower()
    scalp = re.sub(r"[\w -]*\b(beard|moustache|mustache|goatee|stubble)\b", "", text) if "hair" in text else text
    cut = next((kind for kind, words in HAIR.items() if any(_has(scalp, w) for w in words)), None)
    beard = ""
    if "beard" in text:
        between = r" (?:(?!hair\b|and\b)[\w-]+ )*beard"
        beard = "long" if re.search(r"(?:long|braided|flowing)" + between, text) else "full"
        beard = "short" if re.search(r"(?:short|trimmed|small)" + between, text) else beard
        if "hair" not in text and cut in ("long", "short", "braids"):
            cut = None
    elif "goatee" in text or "stubble" in text:
        beard = "goatee" if "goatee" in text else "stubble"
    return cut, named(text), beard, "yes" if re.search(r"m(o)?ustache", text) else ""
