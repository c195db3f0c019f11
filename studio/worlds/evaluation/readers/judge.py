"""What real footage looks like to the reader, and a judge that says in which second footage stops being plausible."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from studio.errors import BadInput
from studio.publish import publish_bytes
from studio.worlds.evaluation.readers.network import CLIP
from studio.worlds.evaluation.readers.physics import QUANTITIES, TWO_SIDED, Physics, lost
from studio.worlds.evaluation.readers.reading import Reading
from studio.worlds.evaluation.readers.shelf import shipped

STEP, SECOND = 99.0, 99.9
"""Percentiles of real footage: of a quantity at one step, and of what is counted over a second. A minute has 60
seconds, so a percentile of 99 would call almost every real minute implausible."""
LAWS = ("gravity", "speed", "penetration")
"""Quantities of physics that a second is judged by, each by itself."""
REASONS = (*LAWS, "lost", "features", "frozen")
STILL = 1.5
"""Pixels that a performer must move in a second in which it is free to."""
FREE = 0.5
"""Share of a second's steps in which keys must be pressed that move a free performer."""


@dataclass(frozen=True)
class Gaussian:
    """Mean and covariance of features."""

    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Gaussian:
        """Of ``features`` [clips, F]."""
        return cls(features.mean(0), np.cov(features, rowvar=False))


@dataclass(frozen=True)
class Real:
    """``ranges``: lowest and highest of each quantity at a step that count as real; ``shares``: how much of real
    footage lies within; ``outside`` (for each of `LAWS`), ``lost``, ``distance``: the most that a real second shows;
    ``features``: by keys."""

    ranges: dict[str, tuple[float, float]]
    shares: dict[str, float]
    outside: dict[str, float]
    lost: float
    distance: float
    features: dict[str, Gaussian]
    facts: dict[str, Any]

    def save(self, path: Path) -> None:
        """Publish as safetensors, numbers in the header."""
        arrays: dict[str, np.ndarray] = {}
        for keys, each in self.features.items():
            arrays |= {f"{keys}.mean": each.mean, f"{keys}.covariance": each.covariance}
        told = {k: v for k, v in asdict(self).items() if k != "features"}
        publish_bytes(path, save({k: v.astype(np.float32) for k, v in arrays.items()}, {"real": json.dumps(told)}))


def load_real(path: Path) -> Real:
    """Raises BadInput where the file is missing, damaged, or something else."""
    remedy = "make it with `python -m studio.worlds.evaluation.readers calibrate --out FOLDER`"
    if not path.is_file():
        raise BadInput(f"nobody knows what is real to the reader: no {path}; {remedy}")
    try:
        with safe_open(path, "np") as file:
            told = json.loads((file.metadata() or {}).get("real", "{}"))
            arrays = {key: file.get_tensor(key).astype(np.float64) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise BadInput(f"{path} is damaged ({error}); {remedy}") from None
    if "ranges" not in told:
        raise BadInput(f"{path} does not say what is real to the reader; {remedy}")
    keys = {key.partition(".")[0] for key in arrays}
    told["ranges"] = {name: tuple(ends) for name, ends in told["ranges"].items()}
    features = {each: Gaussian(arrays[f"{each}.mean"], arrays[f"{each}.covariance"]) for each in sorted(keys)}
    return Real(features=features, **told)


@lru_cache(maxsize=1)
def shipped_real() -> Real:
    """What is real to the reader that comes with Studio. Raises BadInput where it is missing."""
    return load_real(shipped() / "real.safetensors")


def ranges_of(found: Iterable[Physics]) -> dict[str, tuple[float, float]]:
    """The `STEP` percentile of each quantity; both ends where it can be too low as well. Raises BadInput where there is
    nothing of one."""
    parts, ranges = list(found), {}
    for name in QUANTITIES:
        values = np.concatenate([each.of(name)[~np.isnan(each.of(name))] for each in parts])
        if not values.size:
            raise BadInput(f"the reader finds nothing of {name} in real footage; fit it for longer")
        low = float(np.percentile(values, (100 - STEP) / 2)) if name in TWO_SIDED else 0.0
        high = float(np.percentile(values, 100 - (100 - STEP) / 2 if name in TWO_SIDED else STEP))
        ranges[name] = (low, high)
    return ranges


def within(found: Physics, name: str, ranges: dict[str, tuple[float, float]]) -> np.ndarray:
    """[N, T]: 1 where the quantity lies in its range, 0 where not, NaN where it does not apply."""
    values, (low, high) = found.of(name), ranges[name]
    return np.where(np.isnan(values), np.nan, (values >= low) & (values <= high))


def distances(features: np.ndarray, real: Gaussian) -> np.ndarray:
    """Mahalanobis distance a root dimension of ``features`` [..., F]: about 1 for real ones."""
    apart = features - real.mean
    # A little noise on each dimension, so that one that real footage hardly uses does not decide alone.
    spread = real.covariance + np.eye(len(real.mean)) * 1e-3 * np.trace(real.covariance) / len(real.mean)
    square = np.einsum("...i,ij,...j->...", apart, np.linalg.inv(spread), apart)
    return np.sqrt(square / len(real.mean))


@dataclass(frozen=True)
class Seconds:
    """What is judged in each second [N, S]: share of steps ``outside`` of each of `LAWS`, share in which the performer
    is ``lost``, ``distance`` of the features, and ``frozen``: keys should have moved the performer, and did not."""

    outside: dict[str, np.ndarray]
    lost: np.ndarray
    distance: np.ndarray
    frozen: np.ndarray


def seconds(
    reading: Reading,
    found: Physics,
    actions: np.ndarray,
    names: tuple[str, ...],
    fps: float,
    ranges: dict[str, tuple[float, float]],
    features: Gaussian,
) -> Seconds:
    """Of whole seconds; ``actions`` [N, T] lead to the steps' later frames."""
    length = round(fps)
    count = actions.shape[1] // length
    apart = distances(reading.clips, features)
    at = np.minimum(np.arange(count * length).reshape(count, length) // CLIP, apart.shape[1] - 1)
    return Seconds(
        {name: _cut(within(found, name, ranges) == 0, count, length).mean(-1) for name in LAWS},
        _cut(lost(reading), count, length).mean(-1),
        apart[:, at].mean(-1),
        _frozen(reading, found, actions, names, count, length),
    )


def _cut(values: np.ndarray, count: int, length: int) -> np.ndarray:
    return values[:, : count * length].reshape(len(values), count, length)


def _frozen(
    reading: Reading, found: Physics, actions: np.ndarray, names: tuple[str, ...], count: int, length: int
) -> np.ndarray:
    pressed = np.array(names)[actions]
    left = np.char.endswith(pressed, "left") & ~reading.wall_left[:, :-1]
    right = np.char.endswith(pressed, "right") & ~reading.wall_right[:, :-1]
    free = left | right | np.char.startswith(pressed, "jump")
    x, y = _cut(found.x, count, length), _cut(found.y, count, length)
    still = np.maximum(np.ptp(x, axis=-1), np.ptp(y, axis=-1)) < STILL
    seen = _cut(reading.found[:, 1:], count, length).mean(-1) > 0.5
    return (_cut(free, count, length).mean(-1) >= FREE) & still & seen


def failures(judged: Seconds, real: Real) -> dict[str, np.ndarray]:
    """For each of `REASONS`, the seconds [N, S] that it calls implausible."""
    return {
        **{name: judged.outside[name] > real.outside[name] for name in LAWS},
        "lost": judged.lost > real.lost,
        "features": judged.distance > real.distance,
        "frozen": judged.frozen,
    }


def horizons(failed: dict[str, np.ndarray]) -> np.ndarray:
    """Whole seconds [N] before the first implausible one; as many as there are where none is."""
    bad = np.logical_or.reduce(list(failed.values()))
    return np.where(bad.any(1), bad.argmax(1), bad.shape[1])
