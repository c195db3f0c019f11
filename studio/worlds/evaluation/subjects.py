"""Models that are evaluated: opened, checked against the data, and named."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from studio.errors import BadInput
from studio.worlds.data.manifest import Manifest, read_manifest, sha256_of
from studio.worlds.evaluation.lab import Settings
from studio.worlds.models.base import Codec, WorldModel
from studio.worlds.shelf import open_model, shipped


@dataclass(frozen=True)
class Subject:
    """``label``: its name in tables; ``sha256`` of its weights (of its name and settings where it has none);
    ``facts``: what its training wrote into the file (preset, steps, seed)."""

    label: str
    model: Any
    sha256: str
    weights: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def is_codec(self) -> bool:
        """Whether it turns frames into latents and foretells nothing."""
        return isinstance(self.model, Codec)

    def told(self) -> dict[str, Any]:
        """For the report."""
        return {
            **{"label": self.label, "model": self.model.name, "weights": self.weights, "sha256": self.sha256},
            "parameters": sum(p.numel() for p in self.model.parameters()),
            **{"facts": self.facts, "config": dataclasses.asdict(self.model.config)},
        }

    def family(self) -> str:
        """The same for weights that differ by their training's seed alone."""
        others = {key: value for key, value in self.facts.items() if key != "seed"}
        return json.dumps([self.model.name, dataclasses.asdict(self.model.config), others], sort_keys=True)


def subject_of(label: str, model: Any) -> Subject:
    """A model that comes from no file."""
    settings = json.dumps([model.name, dataclasses.asdict(model.config)], sort_keys=True)
    return Subject(label, model, hashlib.sha256(settings.encode()).hexdigest())


def open_subjects(wanted: list[str], data: Path) -> list[Subject]:
    """Words of the shelf or paths of weights. Raises BadInput for one that is missing, does not fit the data, or comes
    twice."""
    manifest = read_manifest(data)
    found = [_open(word, manifest) for word in wanted]
    doubled = [hash_ for hash_, count in Counter(s.sha256 for s in found).items() if count > 1]
    if doubled:
        same = ", ".join(word for word, s in zip(wanted, found, strict=True) if s.sha256 == doubled[0])
        raise BadInput(f"{same} are the same weights; name each once")
    return _named_apart(found)


def _open(word: str, manifest: Manifest) -> Subject:
    size = (manifest.height, manifest.width)
    model = open_model(word, size, max(1, len(manifest.action_names)))
    if isinstance(model, WorldModel):
        model.play_game(manifest.action_names)
    check_fits(word, model, manifest)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    path = Path(word) if word.endswith(".safetensors") else shipped().get(word)
    if path is None:
        return subject_of(model.name, model)
    with safe_open(path, "pt") as file:
        meta = json.loads((file.metadata() or {})["world_model"])
    facts = {key: str(value) for key, value in meta.items() if key not in ("model", "config")}
    return Subject(model.name, model, sha256_of(path), str(path), facts)


def check_fits(word: str, model: Any, manifest: Manifest) -> None:
    """Raises BadInput where a model is for other frames or other actions than the data's."""
    config = model.config
    if (config.height, config.width) != (manifest.height, manifest.width):
        raise BadInput(
            f"{word} takes frames of {config.height}x{config.width}; the data has {manifest.height}x{manifest.width}"
        )
    if isinstance(model, WorldModel) and manifest.action_names and model.actions != len(manifest.action_names):
        raise BadInput(f"{word} knows {model.actions} actions; the data has {len(manifest.action_names)}")


def set_sampling(subjects: list[Subject], settings: Settings) -> None:
    """Let models that sample do so as ``settings`` say. Raises BadInput for what they cannot, or where none samples."""
    wanted = {name: getattr(settings, name) for name in ("steps", "guidance", "temperature")}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    able = [subject.model for subject in subjects if hasattr(subject.model, "sampling")]
    if wanted and not able:
        raise BadInput(f"--{next(iter(wanted))} is for models that sample; {subjects[0].label} does not")
    for model in able:
        model.sampling(**{"steps": model.steps, "guidance": model.guidance, "temperature": model.temperature, **wanted})


def _named_apart(found: list[Subject]) -> list[Subject]:
    many = {label for label, count in Counter(s.label for s in found).items() if count > 1}
    seeds = Counter((s.label, s.facts.get("seed")) for s in found)
    named = []
    for subject in found:
        seed = subject.facts.get("seed")
        if subject.label not in many:
            named.append(subject)
        elif seed is not None and seeds[subject.label, seed] == 1:
            named.append(dataclasses.replace(subject, label=f"{subject.label}, seed {seed}"))
        else:
            named.append(dataclasses.replace(subject, label=f"{subject.label} {subject.sha256[:8]}"))
    return named
