"""The director's versions: all that it has learned so far in one file, named by the sha256 of its bytes.

A version holds weights, optimizer, baseline, random state, step, and the hash of the reference policy that KL is
measured from. Files appear whole or not at all: temp file, fsync, rename, fsync of the directory.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import BadInput, StudioError
from studio.publish import publish_bytes

SUFFIX = ".safetensors"
FORMAT = "studio-policy-1"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Baseline:
    """Running statistics of the reward (exponential averages); a batch of one has none of its own."""

    mean: float = 0.5
    variance: float = 0.04
    value_error: float = 1.0
    """Running squared error of the value head, in units of the reward's variance."""
    count: int = 0


@dataclass(frozen=True)
class Version:
    """One state of the learner. Arrays are float32, keyed by parameter name."""

    weights: dict[str, np.ndarray]
    moments: dict[str, np.ndarray] = field(default_factory=dict)
    """Adam's memory: ``first.<name>``, ``second.<name>``; empty before the first update."""
    steps: dict[str, int] = field(default_factory=dict)
    """Adam's step count by parameter name."""
    baseline: Baseline = Baseline()
    random: str = ""
    """Hex digest that every update moves on; sampling draws from it, the seed and the state."""
    step: int = 0
    """Updates so far."""
    reference: str = ""
    """Hash of the reference policy; empty: this version is its own."""


def to_bytes(version: Version) -> bytes:
    """The version as a safetensors file; equal versions give equal bytes."""
    from safetensors.numpy import save

    tensors = {f"weights.{k}": v for k, v in version.weights.items()}
    tensors |= {f"optimizer.{k}": v for k, v in version.moments.items()}
    facts = {
        "format": FORMAT,
        "steps": version.steps,
        "baseline": vars(version.baseline),
        "random": version.random,
        "step": version.step,
        "reference": version.reference,
        "content": _content(tensors),
    }
    # One metadata key only: safetensors writes several in an order that changes from process to process.
    return save(tensors, {"studio": json.dumps(facts, sort_keys=True, separators=(",", ":"))})


def from_bytes(data: bytes, source: str) -> Version:
    """Read a version; raises StudioError naming ``source`` when it is damaged or something else."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        length = struct.unpack("<Q", data[:8])[0]
        facts: dict[str, Any] = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["studio"])
        tensors = load(data)
    except (SafetensorError, struct.error, ValueError, KeyError, TypeError, OverflowError) as error:
        raise StudioError(f"policy version {source} is damaged ({error}); run `studio director reset`") from error
    if facts.get("format") != FORMAT or facts.get("content") != _content(tensors):
        raise StudioError(f"policy version {source} is damaged or of another format; run `studio director reset`")
    return Version(
        weights={k.removeprefix("weights."): v for k, v in tensors.items() if k.startswith("weights.")},
        moments={k.removeprefix("optimizer."): v for k, v in tensors.items() if k.startswith("optimizer.")},
        steps=facts["steps"],
        baseline=Baseline(**facts["baseline"]),
        random=facts["random"],
        step=facts["step"],
        reference=facts["reference"],
    )


def _content(tensors: dict[str, np.ndarray]) -> str:
    """A digest of names and numbers, so that a flipped bit shows even where the file's name is not its hash."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        total.update(name.encode() + np.ascontiguousarray(tensors[name]).tobytes())
    return total.hexdigest()


def read(path: Path) -> tuple[Version, str]:
    """The version in ``path`` and its hash; raises StudioError where the file is missing, damaged or misnamed."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StudioError(f"policy version {path} cannot be read: {error.strerror}") from error
    name = hashlib.sha256(data).hexdigest()
    if _HASH.fullmatch(path.stem) and path.stem != name:
        raise StudioError(f"policy version {path} is damaged: its sha256 is {name}; run `studio director reset`")
    return from_bytes(data, str(path)), name


def shipped_path() -> Path:
    """The policy that comes with Studio, made by ``python -m studio.policy.imitation``."""
    return Path(__file__).parent / f"shipped{SUFFIX}"


def version_hash(path: Path) -> str:
    """sha256 of a version file; raises StudioError where it is missing."""
    return read(path)[1]


class PolicyStore:
    """A folder of versions with a pointer to the current one."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def path(self, version: str) -> Path:
        """Where ``version`` lies or would lie; raises BadInput when it is not a sha256."""
        if not _HASH.fullmatch(version):
            raise BadInput(f"policy version {version!r} is not a sha256 in hex")
        return self.folder / f"{version}{SUFFIX}"

    def put(self, version: Version | bytes) -> str:
        """Publish a version and return its hash; putting it again changes nothing."""
        data = version if isinstance(version, bytes) else to_bytes(version)
        from_bytes(data, "to be stored")
        name = hashlib.sha256(data).hexdigest()
        path = self.path(name)
        if not path.exists() or path.read_bytes() != data:
            publish_bytes(path, data)
        return name

    def get(self, version: str) -> Version:
        """Read a stored version; raises StudioError naming its file where it is missing or damaged."""
        return read(self.path(version))[0]

    def current(self) -> str | None:
        """The hash of the current version, or None in a new store."""
        pointer = self.folder / "current"
        if not pointer.exists():
            return None
        name = pointer.read_text().strip()
        if not _HASH.fullmatch(name) or not self.path(name).exists():
            raise StudioError(f"{pointer} names no stored policy version; run `studio director reset`")
        return name

    def set_current(self, version: str) -> None:
        """Make a stored version the current one; raises StudioError where it is not stored or damaged."""
        read(self.path(version))
        publish_bytes(self.folder / "current", f"{version}\n".encode())

    def adopt(self, path: Path) -> str:
        """Copy a version file in, with the reference it needs; returns its hash."""
        version, name = read(path)
        if version.reference:
            self.put(find(version.reference, self, path).read_bytes())
        self.put(path.read_bytes())
        return name

    def prune(self, keep: Iterable[str]) -> list[str]:
        """Remove all versions but ``keep``, the current one, and the references of those; returns what went."""
        kept = {*keep, *filter(None, [self.current()])}
        kept |= {self.get(one).reference for one in sorted(kept) if self.path(one).exists()}
        gone = [path for path in sorted(self.folder.glob(f"*{SUFFIX}")) if path.stem not in kept]
        for path in gone:
            path.unlink()
        return [path.stem for path in gone]


def find(version: str, store: PolicyStore, beside: Path) -> Path:
    """The file of ``version``: in the store, beside another version, or as shipped; raises StudioError."""
    for path in (store.path(version), beside.parent / f"{version}{SUFFIX}"):
        if path.exists():
            return path
    if shipped_path().exists() and hashlib.sha256(shipped_path().read_bytes()).hexdigest() == version:
        return shipped_path()
    raise StudioError(f"reference policy {version} of {beside} is missing; run `studio director reset`")
