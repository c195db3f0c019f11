"""What a training comes from: all that must be the same for it to go on, and what is told of it in its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from studio.publish import publish_json
from studio.worlds.data.manifest import Shard
from studio.worlds.models.base import Trainable
from studio.worlds.training.checkpoint import CHECKPOINT, check_checkpoint
from studio.worlds.training.further import Further
from studio.worlds.training.latents import fingerprint
from studio.worlds.training.precision import Precision, another, refusal
from studio.worlds.training.presets import FURTHER, Schedule

OFTEN = {"log_every", "check_every", "save_every"}
"""How often a training is looked at may change on the way."""


@dataclass(frozen=True)
class Origin:
    """``schedule``: with the precision that is really used; ``carried``: trained networks that it takes over
    (codec, mover); ``start``: weights to begin from; ``further``: the losses beside the model's own."""

    model: Trainable
    schedule: Schedule
    shards: Sequence[Shard]
    carried: Sequence[Trainable]
    seed: int
    start: Path | None
    further: Further | None = None

    @property
    def identity(self) -> str:
        """A hash of all of it."""
        unused = {name for name in FURTHER if not getattr(self.schedule, name)}
        parts = [
            self.model.name,
            repr(self.model.config),
            self.schedule.model_dump_json(exclude=OFTEN | unused),
            str(self.seed),
            *(shard.sha256 for shard in self.shards),
            *([fingerprint(each.cpu()) for each in self.carried] or [""]),
            *([hashlib.sha256(self.start.read_bytes()).hexdigest()] if self.start is not None else []),
            *([self.further.fingerprint] if self.further is not None else []),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def refuse_other(self, folder: Path) -> None:
        """Raises BadInput where ``folder`` holds another training, before anything there is written over."""
        path = folder / CHECKPOINT
        if path.is_file():
            used = self.schedule.precision
            turned = replace(self, schedule=self.schedule.model_copy(update={"precision": another(used)}))
            check_checkpoint(path, self.identity, {turned.identity: refusal(used)})


def write_settings(folder: Path, preset: str, origin: Origin, settings: dict[str, Any], asked: Precision) -> None:
    """For people: what this folder's training was asked to be. The schedule has the precision that is used."""
    publish_json(
        folder / "settings.json",
        {
            **{"model": origin.model.name, "preset": preset, "seed": origin.seed, "identity": origin.identity},
            **{"torch": torch.__version__, "threads": torch.get_num_threads(), "precision_asked": asked},
            **({"reader": origin.further.fingerprint} if origin.further is not None else {}),
            **{"schedule": origin.schedule.model_dump(exclude={"config"}), "config": json.loads(json.dumps(settings))},
        },
    )
