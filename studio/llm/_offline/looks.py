"""Looks out of prose: age, build, hair, clothes and things worn, from a sentence or two that describe somebody."""

from __future__ import annotations

import re
from typing import Any

GARMENTS = [
    "shirt",
    "blouse",
    "t-shirt",
    "tee",
    "sweater",
    "jumper",
    "pullover",
    "turtleneck",
    "hoodie",
    "jacket",
    "coat",
    "overcoat",
    "trench",
    "cardigan",
    "vest",
    "waistcoat",
    "blazer",
    "suit",
    "tuxedo",
    "dress",
    "gown",
    "skirt",
    "robe",
    "kimono",
    "kaftan",
    "tunic",
    "uniform",
    "overalls",
    "dungarees",
    "jumpsuit",
    "leotard",
    "trousers",
    "pants",
    "jeans",
    "slacks",
    "leggings",
    "shorts",
    "chinos",
    "apron",
    "scarf",
    "tie",
    "bow-tie",
    "hat",
    "cap",
    "beanie",
    "beret",
    "fedora",
    "helmet",
    "boots",
    "shoes",
    "sneakers",
    "sandals",
    "slippers",
    "heels",
    "gloves",
    "belt",
    "cape",
    "cloak",
    "shawl",
    "poncho",
    "glasses",
    "spectacles",
    "sunglasses",
    "goggles",
    "necklace",
    "backpack",
    "satchel",
    "raincoat",
    "parka",
    "sari",
    "scrubs",
    "polo",
    "crewneck",
]
_GARMENT = re.compile(
    r"\b((?:(?!and\b|with\b|over\b|wearing\b|a\b|an\b|the\b|his\b|her\b|under\b)[\w-]+\s+){0,4}(?:"
    + "|".join(GARMENTS)
    + r"))\b",
    re.I,
)
_WORN = ("glasses", "spectacles", "sunglasses", "goggles")
_HAIR = re.compile(
    r"\b((?:(?!and\b|with\b|skin\b|build\b|has\b|her\b|his\b|a\b)[\w-]+\s+){1,4}hair(?:\s+in\s+a(?:\s+[\w-]+){1,3})?)",
    re.I,
)
_BALD = re.compile(r"\b(bald|shaved head|shaven head)\b", re.I)
_BEARD = re.compile(r"((?:[\w-]+\s+){0,2}(?:beard|moustache|mustache|goatee|stubble))", re.I)
_FEMALE = re.compile(
    r"\b(she|her|\w*woman|girl|lady|mother|grandmother|actress|waitress|female|queen|aunt|sister)\b", re.I
)
_MALE = re.compile(
    r"\b(he|his|(?!\w*woman)\w*man|boy|gentleman|father|grandfather|actor|waiter|male|king|uncle|brother)\b", re.I
)
_BUILDS = {"slim": "slim|slender|thin|lean|petite", "sturdy": "sturdy|muscular|stocky|broad|athletic", "heavy": "heavy|plump|round",
           "tall": "tall", "short": "short (?:build|stature)|shorter"}  # fmt: skip


def look(text: str) -> dict[str, Any]:
    """A ``Look`` as plain data."""
    garments = [" ".join(g.split()) for g in _GARMENT.findall(text)]
    clothes = [g for g in dict.fromkeys(garments) if not g.lower().endswith(_WORN)]
    hair = _HAIR.search(text)
    said = "bald" if _BALD.search(text) else " ".join(hair.group(1).split()) if hair else ""
    beard = _BEARD.search(text)
    if beard:
        said = f"{said} with a {' '.join(beard.group(1).split())}".strip()
    female, male = len(_FEMALE.findall(text)), len(_MALE.findall(text))
    return {
        "age": age(text), "build": next((b for b, p in _BUILDS.items() if re.search(rf"\b(?:{p})\b", text, re.I)), "average"),
        "gender": "female" if female > male else "male" if male > female else "", "hair": said, "clothes": clothes[:7],
        "props": [g for g in dict.fromkeys(garments) if g.lower().endswith(_WORN)][:2],
    }  # fmt: skip


def age(text: str) -> str:
    """child, teen, young, adult, middle-aged or old."""
    years = re.search(r"\b(\d{1,2})(?:-year-old|\s+years old|(?=[,)+]))", text)
    if years:
        n = int(years.group(1))
        return (
            "child"
            if n < 13
            else "teen"
            if n < 18
            else "young"
            if n < 27
            else "adult"
            if n < 45
            else "middle-aged"
            if n < 62
            else "old"
        )
    decade = re.search(r"\b(?:in (?:her|his|their) )(?:early |mid-?|late )?(\d)0s", text)
    if decade:
        return ("child", "teen", "young", "adult", "adult", "middle-aged", "old", "old", "old", "old")[
            int(decade.group(1))
        ]
    words = {"child": "child|little|toddler", "teen": "teen", "old": "old|elderly|aged|grandmother|grandfather",
             "middle-aged": "middle-aged", "young": "young"}  # fmt: skip
    return next((a for a, p in words.items() if re.search(rf"\b(?:{p})", text, re.I)), "adult")
