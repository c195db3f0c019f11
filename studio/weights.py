"""Where weights lie on this machine, and the hash that names them. Nothing is ever fetched."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studio.errors import BadInput
from studio.publish import publish_json

READ = (".safetensors", ".json", ".txt", ".model", ".gguf", ".jinja", ".pt", ".pth", ".bin")
"""Files that loading may read; others (pictures, READMEs) are no part of the hash."""
_BLOB = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Weight:
    """Weights that a tool is made with: the role they play and the repository (or folder, or file) they come from."""

    role: str
    source: str
    gib: float = 0.0
    """Size of the download in GiB, where it is known."""
    required: bool = True
    include: tuple[str, ...] = ()
    """Patterns of the files that are read, where the repository holds many more; empty: all of it."""

    def remedy(self, folder: str = "weights") -> str:
        """How to get them, in words for a user."""
        size = f" (about {self.gib:g} GiB)" if self.gib else ""
        owner, _, rest = self.source.partition("/")
        repository, _, file = rest.partition("/")
        if Path(file).suffix in READ:  # one file of a repository
            return f"`hf download {owner}/{repository} {file} --local-dir {folder}`{size}"
        only = "".join(f" --include {shlex.quote(pattern)}" for pattern in self.include)
        return f"`hf download {self.source}{only} --local-dir {folder}/{self.source.rpartition('/')[2]}`{size}"


def find(source: str, folder: Path) -> Path | None:
    """The folder or file of ``source``: itself a path, below ``folder``, or in the hub's cache; None if not here."""
    for path in (Path(source).expanduser(), folder / source, folder / source.rpartition("/")[2]):
        if path.exists():
            return path.absolute()
    return _cached(source) if source.count("/") == 1 and not source.startswith((".", "/", "~")) else None


def _cached(repository: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        path = Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError):
        return None
    return path if any(file.suffix in (".safetensors", ".gguf") for file in path.rglob("*")) else None


def locate(needed: tuple[Weight, ...], folder: Path) -> dict[str, Path]:
    """Role -> path of those that are on this machine."""
    found = {weight.role: find(weight.source, folder) for weight in needed}
    return {role: path for role, path in found.items() if path is not None}


def require(tool: str, needed: tuple[Weight, ...], found: Mapping[str, Path], folder: Path) -> None:
    """Raises BadInput that says where to put what ``tool`` needs and has not."""
    for weight in needed:
        if weight.required and weight.role not in found:
            remedy = weight.remedy(str(folder))
            raise BadInput(f"{tool} needs the weights {weight.source}, which are not here: {remedy}")


def hash_of(found: Mapping[str, Path], memo: Path) -> str:
    """sha256 (hex) over all files of all roles; empty without any. ``memo`` remembers files by size and time."""
    if not found:
        return ""
    known: dict[str, list[int | str]] = json.loads(memo.read_text()) if memo.is_file() else {}
    before = len(known)
    lines = []
    for role, path in sorted(found.items()):
        files = sorted(file for file in path.rglob("*") if file.suffix in READ) if path.is_dir() else [path]
        lines += [f"{role}/{f.relative_to(path) if f != path else ''} {_sha256(f, known)}" for f in files]
    if len(known) != before and memo.parent.is_dir():
        publish_json(memo, known)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _sha256(file: Path, known: dict[str, list[int | str]]) -> str:
    real = file.resolve()
    if _BLOB.fullmatch(real.name):  # the hub's cache names large files by their sha256
        return real.name
    state = real.stat()
    entry = known.get(str(real))
    if entry is None or entry[:2] != [state.st_size, state.st_mtime_ns]:
        with real.open("rb") as opened:
            entry = [state.st_size, state.st_mtime_ns, hashlib.file_digest(opened, "sha256").hexdigest()]
        known[str(real)] = entry
    return str(entry[2])
