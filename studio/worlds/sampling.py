"""Sampling: continue real footage, several times, and keep the continuation that stays most like its beginning."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from studio.errors import BadInput
from studio.worlds import blocking
from studio.worlds.data.importing import fitted, sampled
from studio.worlds.dreaming import dream
from studio.worlds.models.base import WorldModel

SCORE = (
    "disagreement: how far the continuation's mean light, contrast, colour, fine detail and motion lie from those of "
    "the clip's last frames, in deviations of those, mean over the five; no true continuation is there to compare "
    "with, so it tells of blur, freezing and drift, and not of whether the right thing happens"
)
FLOORS = {"light": 4.0, "contrast": 4.0, "colour": 4.0, "detail": 0.15, "motion": 0.25}
"""Least deviation of each: levels of 255, and for detail and motion natural logarithms. A clip that hardly changes
would else make any change look large."""
LAST_SEEN = 4
"""Last steps of a clip from which the held action is found."""


@dataclass(frozen=True)
class Candidate:
    """One continuation: how far it is from the clip, on the whole and in each feature (signed)."""

    number: int
    disagreement: float
    features: dict[str, float]


@dataclass(frozen=True)
class Sample:
    """``context`` uint8 [T, H, W, 3]; ``dreams`` uint8 [K, N, H, W, 3]; ``played``: N actions."""

    context: np.ndarray
    dreams: np.ndarray
    played: list[int]
    candidates: list[Candidate]
    notes: list[str]

    @property
    def best(self) -> int:
        """Number of the candidate that disagrees least."""
        return min(self.candidates, key=lambda each: each.disagreement).number

    def told(self) -> dict[str, object]:
        """All but the pictures, as plain data."""
        return {
            "score": SCORE, "chosen": self.best, "candidates": [asdict(each) for each in self.candidates],
            "context_frames": len(self.context), "dreamed_frames": self.dreams.shape[1], "actions": self.played,
            "notes": self.notes,
        }  # fmt: skip


def last_frames(clip: Path, count: int, fps: float, size: tuple[int, int]) -> np.ndarray:
    """The last ``count`` frames of ``clip`` at ``fps``, their middle cut out at ``size`` (height, width): uint8
    [≤ count, H, W, 3]. Raises BadInput where it is no video, or shorter than two frames."""
    if not clip.is_file():
        raise BadInput(f"--from {clip}: no such file")
    kept = deque((fitted(frame, size, "crop") for frame in sampled(clip, fps)), maxlen=count)
    if len(kept) < 2:
        raise BadInput(f"--from {clip}: {len(kept)} frames at {fps:g} a second; at least 2 are needed")
    return np.stack(kept)


def rate_of(clip: Path, wanted: float) -> float:
    """``wanted`` frames a second, or the clip's own rate where that is lower. Raises BadInput for what is no video."""
    import av

    try:
        with av.open(str(clip)) as container:
            rate = container.streams.video[0].average_rate if container.streams.video else None
    except (av.FFmpegError, OSError) as error:
        raise BadInput(f"--from {clip}: cannot be read as video: {getattr(error, 'strerror', None) or error}") from None
    return min(wanted, float(rate)) if rate else wanted


def sample(
    model: WorldModel, context: np.ndarray, steps: int, names: list[str], actions: str = "keep", best_of: int = 1,
    seed: int = 0, progress: Callable[[float], None] = lambda share: None,
) -> Sample:  # fmt: skip
    """Dream ``steps`` frames on from ``context`` (uint8 [T, H, W, 3]), ``best_of`` times.

    ``names`` are the model's actions. ``actions``: a script such as ``right*20,jump*5``, whose last action is held;
    ``random``: any, held for a while; ``keep``: what the clip's last frames look like. Raises BadInput.
    """
    notes: list[str] = []
    before = _before(model, context, notes)
    played = _played(model, context, before, steps, names, actions, seed, notes)
    dreams = []
    for frames in dream(model, context, before, played, seed, best_of):
        dreams.append(frames)
        progress(len(dreams) / steps)
    made = np.stack(dreams, 1)
    judged = [judge(n, context, frames) for n, frames in enumerate(made)]
    return Sample(context, made, played, judged, notes)


def _before(model: WorldModel, context: np.ndarray, notes: list[str]) -> list[int] | None:
    """The actions of the clip, which nobody knows."""
    if model.unknown_action is not None:
        notes.append("the clip's actions: unknown, and the model is told so")
        return None
    notes.append(f"the clip's actions: action 0 stands for the unknown ones, because {model.name} has to be told some")
    return [0] * (len(context) - 1)


def _played(
    model: WorldModel, context: np.ndarray, before: list[int] | None, steps: int, names: list[str], actions: str,
    seed: int, notes: list[str],
) -> list[int]:  # fmt: skip
    if actions == "random":
        rng, found = random.Random(seed), list[int]()
        while len(found) < steps:
            found += [rng.randrange(len(names))] * min(60, 1 + int(rng.expovariate(1 / 8)))
        return found[:steps]
    if actions == "keep":
        held = held_action(model, context, before, seed)
        notes.append(f"keep: {names[held]}, the action that explains the clip's last frames best to the model")
        return [held] * steps
    found = blocking.script(actions, names)
    return (found + [found[-1]] * steps)[:steps]


def held_action(model: WorldModel, context: np.ndarray, before: list[int] | None, seed: int) -> int:
    """The action whose frames, dreamed one step on, are nearest to the clip's own over its last steps."""
    count = model.actions
    errors = np.zeros(count)
    for last in range(max(1, len(context) - LAST_SEEN), len(context)):
        shown = torch.from_numpy(context[None, :last].copy()).repeat(count, 1, 1, 1, 1)
        told = None if before is None else torch.tensor([before[: last - 1]] * count, dtype=torch.long).view(count, -1)
        ahead = model.init_context(shown, told)
        made = model.step(ahead, torch.arange(count), torch.Generator().manual_seed(seed % 2**63)).numpy()
        errors += np.square(made.astype(np.float32) - context[last]).mean((1, 2, 3))
    return int(errors.argmin())


def features(frames: np.ndarray) -> dict[str, np.ndarray]:
    """Each of FLOORS for every frame of uint8 [n, h, w, 3]; motion for all but the first."""
    values = frames.astype(np.float32)
    grey = values @ np.array([0.299, 0.587, 0.114], np.float32)
    fine = [np.abs(cv2.Laplacian(each, cv2.CV_32F)).mean() for each in grey]
    return {
        "light": grey.mean((1, 2)),
        "contrast": grey.std((1, 2)),
        "colour": (values.max(3) - values.min(3)).mean((1, 2)),
        "detail": np.log(np.array(fine) + 0.1),
        "motion": np.log(np.abs(np.diff(grey, axis=0)).mean((1, 2)) + 0.1),
    }


def judge(number: int, context: np.ndarray, dreamed: np.ndarray) -> Candidate:
    """The disagreement of a continuation (SCORE) with the clip that it goes on from."""
    true, made = features(context), features(np.concatenate([context[-1:], dreamed]))
    made = {name: values if name == "motion" else values[1:] for name, values in made.items()}
    off = {
        name: float((made[name].mean() - true[name].mean()) / max(true[name].std(), floor))
        for name, floor in FLOORS.items()
    }
    disagreement = round(float(np.mean([abs(value) for value in off.values()])), 4)
    return Candidate(number, disagreement, {name: round(value, 3) for name, value in off.items()})
