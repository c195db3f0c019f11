"""The doctor: what the configured production needs, whether it is here, and what to do where it is not.

Nothing heavy is imported: torch is known by its files, a GPU by its driver's own program."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from studio.config import Settings, Workspace
from studio.crew import clearance, judges, opening
from studio.errors import StudioError
from studio.tool import Tool, build, weights_folder

State = Literal["ok", "missing", "absent"]
"""``missing`` keeps the production from starting; ``absent`` does not."""
LEAST_GIB = 0.25
"""Less free disk than this is too little for a film: one of six scenes and eighteen takes leaves 16 MiB."""
OLLAMA_SECONDS = 2.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    told: str
    remedy: str = ""


def examine(space: Workspace, settings: Settings) -> Iterator[Finding]:
    """All findings, in the order in which a production would meet them."""
    yield _python()
    yield _torch()
    yield _gpu(space, settings)
    yield _ffmpeg()
    yield _key(settings)
    yield _ollama(settings)
    yield from _tools(space, settings)
    yield _asked("licences", lambda: _cleared(space, settings))
    yield _encoder(space, settings)
    yield _asked("prompts", lambda: _prompts(space, settings))
    yield _asked("narrator", lambda: _narrator(settings))
    yield _asked("policy", lambda: _policy(space, settings))
    yield _disk(space)
    yield _asked("workspace", lambda: _writable(space))


def _asked(name: str, question: Callable[[], str]) -> Finding:
    """A finding from one of the checks that a production itself makes: it tells something, or raises."""
    try:
        return Finding(name, "ok", question())
    except StudioError as error:
        return Finding(name, "missing", str(error))


def _python() -> Finding:
    told = f"{platform.python_version()}, {os.cpu_count()} cores"
    return Finding("Python", "ok", told)


def _torch() -> Finding:
    try:
        told = version("torch")
    except PackageNotFoundError:
        return Finding("torch", "missing", "not installed", "pip install torch torchvision")
    spec = find_spec("torch")
    built = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    text = built.read_text(encoding="utf-8") if built and built.is_file() else ""
    builds = re.findall(r"^(cuda|hip)\b.*'(.+)'", text, re.M)
    made_for = " and ".join(f"{kind.upper()} {number}" for kind, number in builds)
    return Finding("torch", "ok", f"{told}, for {made_for or 'CPU'}")


def gpus() -> list[tuple[str, float]]:
    """(name, GiB of memory) of each NVIDIA GPU, as its driver tells; empty without a driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        lines = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout.splitlines()
        return [(name.strip(), float(mib) / 1024) for name, _, mib in (line.rpartition(",") for line in lines)]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


def _gpu(space: Workspace, settings: Settings) -> Finding:
    """A GPU is never missing: models run without one, slowly, and larger than one by offloading."""
    found, wanted = gpus(), _vram(space, settings)
    if not found:
        apple = platform.system() == "Darwin" and platform.machine() == "arm64"
        told = "Apple GPU" if apple else "none"
        slow = f"the chosen tools want {wanted:g} GiB of GPU memory: without, they take hours" if wanted else ""
        return Finding("GPU", "ok" if apple else "absent", told, slow)
    told = ", ".join(f"{name} with {gib:.0f} GiB" for name, gib in found)
    most = max(gib for _, gib in found)
    small = f"the chosen tools want {wanted:g} GiB: layers will be moved to and fro" if wanted > most else ""
    return Finding("GPU", "ok", told, small)


def _vram(space: Workspace, settings: Settings) -> float:
    try:
        return max(build(family, name, settings, space).needs.vram_gib for family, name in _chosen(settings))
    except StudioError:
        return 0.0


def _ffmpeg() -> Finding:
    import imageio_ffmpeg

    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        told = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=10).stdout.split()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return Finding("ffmpeg", "missing", str(error).split("\n")[0], "pip install --force-reinstall imageio-ffmpeg")
    return Finding("ffmpeg", "ok", f"{' '.join(told[2:3])} ({program})")


def _key(settings: Settings) -> Finding:
    """Whether there is a key, never which."""
    variable, needed = settings.openai.api_key_env, settings.director.llm == "openai"
    if os.environ.get(variable, "").strip():
        return Finding("key", "ok", f"{variable} is set")
    if settings.director.base_url or not needed:
        return Finding("key", "absent", f"{variable} is not set")
    remedy = f"export {variable}=…, or set [director] base_url to a server that needs none"
    return Finding("key", "missing", f"{variable} is not set", remedy)


def _ollama(settings: Settings) -> Finding:
    needed, director = settings.director.llm == "ollama", settings.director
    host, lacking = director.base_url if needed else "", "missing" if needed else "absent"
    host = host or settings.ollama.base_url
    try:
        models = _models(host)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return Finding("Ollama", lacking, f"not reachable at {host} ({reason})", "`ollama serve` starts it")  # type: ignore[arg-type]
    told = f"{host} has {', '.join(models) or 'no model yet'}"
    if needed and director.model not in models and f"{director.model}:latest" not in models:
        return Finding("Ollama", "missing", told, f"`ollama pull {director.model}`, or set [director] model")
    return Finding("Ollama", "ok", told)


def _models(host: str) -> list[str]:
    """Names of Ollama's models. Asked without its client, whose import takes longer than the answer."""
    import json
    from urllib.request import Request, urlopen

    if not host.startswith(("http://", "https://")):
        host = f"http://{host}"
    with urlopen(Request(f"{host.rstrip('/')}/api/tags"), timeout=OLLAMA_SECONDS) as answer:
        told: Any = json.loads(answer.read(10_000_000))
    try:
        return sorted(str(model["name"]) for model in told["models"])
    except (TypeError, KeyError):
        raise ValueError("what answers there is no Ollama") from None


def _chosen(settings: Settings) -> list[tuple[str, str]]:
    engines = [("engines", name) for name in settings.production.engines]
    return [*engines, ("artists", settings.production.artist)]


def _builders(space: Workspace, settings: Settings) -> dict[str, Callable[[], Tool]]:
    """What the production is made and judged with -> how to build it."""
    chosen = [*_chosen(settings), *(("rewards", name) for name in settings.reward.weights)]
    found: dict[str, Callable[[], Tool]] = {
        f"{family[:-1]} {name}": partial(build, family, name, settings, space) for family, name in chosen
    }
    return found | {f"encoder {settings.consistency.encoder}": lambda: judges.encoder(space, settings)}


def _tools(space: Workspace, settings: Settings) -> Iterator[Finding]:
    """Packages, then weights, each on a line of its own."""
    folder = str(weights_folder(settings, space))
    for called, made in _builders(space, settings).items():
        try:
            tool = made()
        except StudioError as error:
            yield Finding(called, "missing", str(error))
            continue
        absent = [package for package in tool.needs.packages if find_spec(package) is None]
        remedy = f"pip install {' '.join(absent)}" if absent else ""
        told = f"needs {', '.join(absent)}" if absent else f"version {tool.version}"
        yield Finding(called, "missing" if absent else "ok", told, remedy)
        for weight in tool.needs.weights:
            here = tool.weights.get(weight.role)
            state: State = "ok" if here else "missing" if weight.required else "absent"
            what = f"{called}: {weight.role}"
            yield Finding(what, state, str(here or weight.source), "" if here else weight.remedy(folder))


def _cleared(space: Workspace, settings: Settings) -> str:
    clearance.check(space, settings)
    used = clearance.of_production(space, settings).values()
    return ", ".join(sorted({part.name for licence in used for part in licence.parts().values()}))


def _encoder(space: Workspace, settings: Settings) -> Finding:
    named = settings.consistency.encoder
    try:
        told = opening.encoder_version(space, settings)
    except StudioError as error:
        return Finding("encoder", "missing", str(error))
    if told.startswith("untrained"):
        remedy = "characters and places are not compared with their references; the README says how to come by it"
        return Finding("encoder", "absent", f"{named} has no weights here", remedy)
    return Finding("encoder", "ok", f"{named}, weights {told[:12]}")


def _prompts(space: Workspace, settings: Settings) -> str:
    opening.check_prompts(space, settings)
    return "all templates can be filled in"


def _narrator(settings: Settings) -> str:
    opening.check_narrator(settings)
    return "ready" if settings.sound.narration else "not asked for"


def _policy(space: Workspace, settings: Settings) -> str:
    from studio.crew.lineage import starting_version

    found, path = starting_version(space, settings)
    return f"{found[:12]} ({path})"


def _disk(space: Workspace) -> Finding:
    folder = space.root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 2**30
    told = f"{free:.2f} GiB free at {folder}"
    if free < LEAST_GIB:
        return Finding("disk", "missing", told, f"free some space: at least {LEAST_GIB:g} GiB")
    return Finding("disk", "ok", told)


def _writable(space: Workspace) -> str:
    opening.check_writable(space)
    return str(space.root)
