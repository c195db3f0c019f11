"""The judges of a production: the encoder that looks and the reward terms that weigh, made once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from studio.config import Settings, Workspace
from studio.crew import steadfast
from studio.rewards.base import RewardTerm
from studio.story.document import CreativeDocument
from studio.tool import build, weights_folder

if TYPE_CHECKING:
    from studio.crew.production import Production
    from studio.perception.encoders.base import ImageEncoder


def encoder(space: Workspace, settings: Settings) -> ImageEncoder:
    """The encoder that the settings name, whether or not its weights are here."""
    from studio.perception.encoders import encoder

    return encoder(settings.consistency.encoder, weights_folder(settings, space))


def terms(space: Workspace, settings: Settings) -> dict[str, RewardTerm]:
    """The reward terms that have a weight."""
    return {name: build("rewards", name, settings, space) for name in settings.reward.weights}


def versions(production: Production) -> dict[str, str]:
    """Reward term -> its version, with the hash of its weights where it has any: what a verdict depends on."""
    weights = production.slate.reward_weights
    found = terms(production.space, production.settings)
    return {name: " ".join(filter(None, (term.version, weights.get(name)))) for name, term in found.items()}


def gallery_of(production: Production) -> dict[str, str]:
    """Label -> sha256 of every reference in the bible, where the encoder ranks against them; empty elsewhere, so that
    a take depends on nobody whom it does not show."""
    if not encoder(production.space, production.settings).gallery:
        return {}
    known: dict[str, str] = production.memory.recall("references", {"production": production.name}) or {}
    return known


def require(production: Production) -> None:
    """Raises Stopped where weights that the slate names are gone, or are others: nothing is judged by them."""
    eye, slate = encoder(production.space, production.settings), production.slate
    tools: dict[str, tuple[ImageEncoder | RewardTerm, str | None]] = {
        f"reward {n}": (t, slate.reward_weights.get(n)) for n, t in terms(production.space, slate.settings).items()
    }
    tools[f"encoder {slate.settings.consistency.encoder}"] = (eye, slate.encoder_version)
    for called, (tool, wanted) in tools.items():
        steadfast.require(production, called, tool, tool.fingerprint, wanted)


def limits(production: Production, document: CreativeDocument) -> list[str]:
    """What the encoder cannot do in this film and what stands in for it, in a sentence each."""
    from studio.perception.encoders import WEIGHTS

    named, eye = production.settings.consistency.encoder, encoder(production.space, production.settings)
    found = []
    if not eye.reads:
        found.append(f"encoder {named} has no text tower: whether pictures show hour and shot size is not scored")
    if eye.gallery and not WEIGHTS.is_file():
        found.append(
            f"studio-clip's finder is not installed: encoder {named} looks for figures in a pyramid of windows"
        )
    for what, known in (("character", document.characters), ("location", document.locations)):
        if eye.gallery and len(known) == 1:
            found.append(
                f"one {what} alone in the story bible: encoder {named} ranks it against itself in other colours"
            )
    return [*found, *_played(production, document)]


def _played(production: Production, document: CreativeDocument) -> list[str]:
    """Which scenes a game's picture tells, and what is therefore not scored in them."""
    scenes: dict[str, list[str]] = {}
    for scene in document.scenes:
        scenes.setdefault(production.engine_name(scene), []).append(str(scene.number))
    return [
        f"scene {', '.join(numbers)}: engine {name} shows a game's own picture and follows no direction: characters, "
        "place, hour, weather and framing are not scored there, the score is that of what is left, and nothing is "
        "learnt from it"
        for name, numbers in scenes.items()
        if production.engine_named(name).capabilities.game
    ]


def pictures(production: Production, gallery: dict[str, str]) -> dict[str, np.ndarray]:
    """The gallery's images by label."""
    from studio.crew.references import path_of
    from studio.perception.sampling import picture

    found: dict[str, Path] = {label: path_of(production, label) for label in gallery}
    images = {label: picture(str(path), gallery[label]) for label, path in found.items()}
    return {label: image for label, image in images.items() if image is not None}
