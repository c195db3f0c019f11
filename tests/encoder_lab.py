"""Miniatures of image encoders: the very classes, small and with random weights, saved to a folder as published ones
are, and loaded from there by the production code. What they say of a picture means nothing; how they say it does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from studio.perception.training import identities, scenes
from studio.previz.film import Film
from studio.previz.sheets import character_sheet, location_sheet
from studio.rewards.base import Footage
from studio.story.direction import Direction
from studio.story.document import Character, Location

SHEETS, PICTURES = ("front", "three_quarter", "full_body"), ("wide", "detail")


def dinov2(folder: Path) -> Path:
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    config = Dinov2Config(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=4)
    Dinov2Model(config).save_pretrained(folder)
    return folder


def siglip2(folder: Path) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, SiglipConfig, SiglipModel

    torch.manual_seed(0)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = SiglipConfig(
        text_config={**tower, "vocab_size": 64, "max_position_embeddings": 64, "projection_size": 32},
        vision_config={**tower, "image_size": 32, "patch_size": 8},
    )
    SiglipModel(config).save_pretrained(folder)
    words = {
        word: n
        for n, word in enumerate(["[PAD]", "[UNK]", "a", "film", "still", ",", "at", "noon", "night", "wide", "shot"])
    }
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    return folder


def open_clip_bundle(folder: Path) -> Path:
    from open_clip.model import CLIP
    from safetensors.torch import save_file

    torch.manual_seed(0)
    config = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8},
        "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    folder.mkdir(parents=True, exist_ok=True)
    told = {"mean": [0.4, 0.4, 0.4], "std": [0.3, 0.3, 0.3]}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": told}))
    save_file(CLIP(**config).state_dict(), folder / "open_clip_model.safetensors")
    return folder


class Bible:
    """Characters and places with all their references, as previz draws them."""

    def __init__(self, seed: int, people: int = 3, places: int = 2) -> None:
        self.rng = np.random.default_rng([seed, 404])
        self.people: list[Character] = []
        while len(self.people) < people:
            one = identities.character(self.rng, held_out=True)
            self.people.append(one)
            if len(self.people) < people and self.rng.uniform() < 0.3:
                like, _ = identities.look_alike(self.rng, one)
                self.people.append(like.model_copy(update={"id": f"{like.id}-like"}))
        self.places: list[Location] = [identities.place(self.rng, held_out=True) for _ in range(places)]
        self.genre = str(self.rng.choice(["drama", "fairy-tale", "adventure", "noir"]))
        self.gallery = {
            f"characters/{c.id}/{v}": character_sheet(c, v, self.genre) for c in self.people for v in SHEETS
        } | {f"locations/{p.id}/{v}": location_sheet(p, v, self.genre, 416) for p in self.places for v in PICTURES}

    def take(self, who: int, beside: int | None = None, where: int = 0, size: str = "full", frames: int = 3) -> Footage:
        """A take of one character, or two, in a direction drawn at random, as the critic sees it."""
        cast = [self.people[who]] + ([self.people[beside]] if beside is not None else [])
        brief = scenes.brief(self.rng, cast, self.places[where], True, 416)
        slots = {**brief.direction.model_dump(), "shot_size": size}
        slots["lighting"] = "low-key" if slots["lighting"] == "silhouette" else slots["lighting"]
        brief = brief.model_copy(update={"direction": Direction(**slots), "genre": self.genre})
        film = Film(brief)
        seen = np.stack([film.frame(int(n)) for n in np.linspace(0, brief.frames - 1, frames + 2)[1:-1]])
        own = {
            k: v for k, v in self.gallery.items() if k.split("/")[1] in {*(c.id for c in cast), self.places[where].id}
        }
        return Footage(brief, seen, references=own, gallery=self.gallery)
