"""Opening a production: check everything, name it, and only then write its slate."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from studio import __version__, licences, weights
from studio.config import Settings, Workspace
from studio.crew import bibles, clearance, judges, lineage, templates
from studio.crew.log import Log
from studio.crew.production import Listener, Production
from studio.crew.slate import Bible, Slate, Tooled
from studio.crew.steadfast import MEMO
from studio.engines.base import VideoEngine
from studio.errors import BadInput
from studio.memory.store import Memory
from studio.memory.tables import Production as Row
from studio.plugins import load, names
from studio.publish import publish_bytes, publish_json, publish_path
from studio.rewards.base import RewardTerm
from studio.story.document import CreativeDocument
from studio.tool import Tool, build, weights_folder

MAX_PROMPT = 100_000
_UNOPENED = ".unopened-"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


def slug(text: str) -> str:
    """A file name of a prompt: ASCII words joined by hyphens, at most 48 characters; ``film`` where none is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    name = ""
    for word in words:
        if len(name) + len(word) + 1 > 48:
            break
        name = f"{name}-{word}" if name else word
    return name or (words[0][:48] if words else "film")


def free_name(space: Workspace, wanted: str) -> str:
    """``wanted``, or the first of ``wanted-2``, ``wanted-3`` … that is free."""
    name, number = wanted, 1
    while (space.runs / name).exists() or (space.bibles / name).exists():
        number += 1
        name = f"{wanted}-{number}"
    return name


def check_name(space: Workspace, name: str) -> str:
    """An explicit name, if it can be used; raises BadInput."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise BadInput(f"--name {name!r} may hold a-z, 0-9, '.', '_' and '-' only; try {slug(name)!r}")
    if (space.runs / name).exists():
        raise BadInput(
            f"a production named {name!r} exists: `studio resume {name}` goes on with it; "
            f"--name {free_name(space, name)} is free"
        )
    if (space.bibles / name).exists():
        raise BadInput(f"a story bible is named {name!r}, and a production writes one; --name {free_name(space, name)}")
    return name


def check_prompt(prompt: str) -> str:
    """The prompt without surrounding space; raises BadInput for an empty or a huge one."""
    text = prompt.strip()
    if not text or not any(ch.isprintable() and not ch.isspace() for ch in text):
        raise BadInput("the prompt is empty; say in a sentence what the film is about")
    if len(text) > MAX_PROMPT:
        raise BadInput(f"the prompt has {len(text)} characters; at most {MAX_PROMPT} are read")
    return text


def check_tools(space: Workspace, settings: Settings) -> None:
    """Engines and artist of these settings. Licence before weights, weights before anything is written."""
    clearance.check(space, settings)
    engines = [("engines", name) for name in settings.production.engines]
    for family, name in [*engines, ("artists", settings.production.artist)]:
        _check_needs(space, settings, f"{family[:-1]} {name}", build(family, name, settings, space))


def check_engine(space: Workspace, settings: Settings) -> VideoEngine:
    """The engine alone, checked as ``check_tools`` does: for a clip nobody draws references or judges."""
    called = f"engine {settings.production.engine}"
    engine: VideoEngine = build("engines", settings.production.engine, settings, space)
    licences.require({called: engine.licence}, settings.licence.allowed)
    _check_needs(space, settings, called, engine)
    return engine


def check_judges(space: Workspace, settings: Settings) -> dict[str, RewardTerm]:
    """Encoder and reward terms of these settings, checked as ``check_tools`` does. Term -> what scores it."""
    clearance.check(space, settings)
    eye, terms = judges.encoder(space, settings), judges.terms(space, settings)
    tools = {f"encoder {settings.consistency.encoder}": eye} | {f"reward {n}": t for n, t in terms.items()}
    for called, tool in tools.items():
        _check_needs(space, settings, called, tool)
    eye.check()
    for term in terms.values():
        term.check()
    return terms


def _check_needs(space: Workspace, settings: Settings, called: str, tool: Tool) -> None:
    """Raises BadInput where a package or weights are missing."""
    for package in tool.needs.packages:
        if find_spec(package) is None:
            raise BadInput(f"{called} needs the package {package}; pip install {package}")
    weights.require(called, tool.needs.weights, tool.weights, weights_folder(settings, space))


def check_prompts(space: Workspace, settings: Settings) -> None:
    """Raises BadInput for a template in ``prompts/`` that this production would need and could not fill in."""
    for name in settings.production.engines:
        templates.check(space, build("engines", name, settings, space).prompt_family, settings.director.llm)


def check_screenwriter(settings: Settings) -> None:
    """Raises BadInput where the screenwriter lacks something that asking again would not bring, such as its key."""
    load("llm", settings.director.llm).Writer(settings)


def check_narrator(settings: Settings) -> None:
    """Raises BadInput where narration is wanted and nobody is there to read it."""
    if settings.sound.narration:
        from studio.sound.narration import who

        who(settings.sound)


def check_writable(space: Workspace) -> None:
    """Raises BadInput where productions cannot be written."""
    folder = space.runs
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK) or not folder.is_dir():
        raise BadInput(f"cannot write to {space.runs}; choose another workspace with --workspace DIR")


def read_bible(space: Workspace, name: str) -> Bible:
    """A bible of the workspace; raises BadInput that lists those there are."""
    path = space.bibles / name / "bible.json"
    if "/" in name or not path.is_file():
        known = sorted(p.parent.name for p in space.bibles.glob("*/bible.json"))
        raise BadInput(f"no story bible {name!r}; there are: {', '.join(known) or 'none yet'}")
    try:
        return Bible.model_validate_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path} is not a story bible: {str(error).splitlines()[0]}") from None


def _reused(space: Workspace, settings: Settings, name: str) -> Bible:
    """A bible with those of its pictures that stay."""
    bible = read_bible(space, name).model_copy(update={"name": name})
    return bible.model_copy(update={"references": bibles.kept(space, settings, bible)})


def _version_of(tool: Tool, space: Workspace) -> str:
    """A tool's version, with the hash of its weights where it has any."""
    hashed = weights.hash_of(tool.weights, space.runs / MEMO)
    return f"{tool.version} {hashed}" if hashed else tool.version


def _tooled(space: Workspace, settings: Settings, name: str) -> Tooled:
    """What a slate says of an engine."""
    engine: VideoEngine = build("engines", name, settings, space)
    return Tooled(version=engine.version, weights=weights.hash_of(engine.weights, space.runs / MEMO))


def encoder_version(space: Workspace, settings: Settings) -> str:
    """Version of the image encoder, without importing torch."""
    from studio.perception.encoders import version_of

    return version_of(settings.consistency.encoder, weights_folder(settings, space), space.runs / MEMO)


def write_slate(
    space: Workspace, settings: Settings, *, prompt: str, name: str | None, bible: str | None = None,
    document: CreativeDocument | None = None, fallbacks: list[str] | None = None,
) -> tuple[Slate, Path]:  # fmt: skip
    """Check all and write nothing: the slate, and the file of the policy version that it starts from."""
    check_tools(space, settings)
    terms = check_judges(space, settings)
    check_narrator(settings)
    check_prompts(space, settings)
    check_screenwriter(settings)
    check_writable(space)
    policy, policy_file = lineage.starting_version(space, settings)
    engine, *others = (_tooled(space, settings, name) for name in settings.production.engines)
    artist = build("artists", settings.production.artist, settings, space)
    return Slate(
        name=check_name(space, name) if name is not None else free_name(space, slug(prompt)),
        studio_version=__version__, prompt=prompt, settings=settings, seed=settings.production.seed, document=document,
        document_fallbacks=fallbacks or [], bible=_reused(space, settings, bible) if bible else None,
        engine_version=engine.version, weights=engine.weights,
        engines=dict(zip(settings.production.engines[1:], others, strict=True)),
        artist_version=_version_of(artist, space),
        writer_version=load("llm", settings.director.llm).Writer.version,
        encoder_version=encoder_version(space, settings), policy_version=policy,
        reward_weights={n: found for n, term in terms.items() if (found := term.fingerprint(space.runs / MEMO))},
    ), policy_file  # fmt: skip


def open_production(
    space: Workspace, slate: Slate, policy_file: Path, *, review: bool = False, replay: bool = False,
    listener: Listener | None = None,
) -> Production:  # fmt: skip
    """Write slate and first rows of a new production. From here on it can be resumed."""
    folder = space.runs / slate.name
    with _opening(space):
        if folder.exists():
            raise BadInput(
                f"a production named {slate.name!r} was opened meanwhile; --name {free_name(space, slate.name)}"
            )
        prepared = Path(tempfile.mkdtemp(prefix=_UNOPENED, dir=space.runs))
        prepared.chmod(0o755)
        _fill(prepared, slate, policy_file)
        memory = Memory(space.runs / "studio.db")
        _register(space, memory, slate, replay, review)
        # From this rename on the production exists; a kill before it leaves the name free.
        publish_path(prepared, folder)
    return Production(space, slate.name, slate, memory, Log(folder / "log.jsonl", listener), review=review)


@contextmanager
def _opening(space: Workspace) -> Iterator[None]:
    """One opening at a time in a workspace; what a killed one left half prepared is swept away."""
    space.runs.mkdir(parents=True, exist_ok=True)
    with open(space.runs / ".opening.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in space.runs.glob(f"{_UNOPENED}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _fill(folder: Path, slate: Slate, policy_file: Path) -> None:
    """What a production is born with: its slate, and the policy version that it starts from."""
    from studio.policy.versions import PolicyStore

    start = PolicyStore(folder / "policy").path(slate.policy_version)
    publish_bytes(start, policy_file.read_bytes())
    publish_json(folder / "slate.json", slate.model_dump(mode="json"))


def _register(space: Workspace, memory: Memory, slate: Slate, replay: bool, review: bool) -> None:
    """Forget an older production of this name, and write the first rows of the new one."""
    from studio.policy.versions import PolicyStore

    memory.forget(slate.name)
    memory.memoise("policy-base", {"production": slate.name}, PolicyStore(space.policies).current())
    memory.memoise("replay", {"production": slate.name}, replay)
    memory.memoise("review", {"production": slate.name}, review)
    memory.save_production(
        Row(
            name=slate.name, status="running", prompt=slate.prompt, slate=slate.model_dump(mode="json"),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
    )  # fmt: skip


def plugin_choices() -> dict[str, list[str]]:
    """Names of all engines, artists, reward terms and providers."""
    return {family: names(family) for family in ("engines", "artists", "rewards", "llm")}


def remove(space: Workspace, name: str, takes: bool) -> int:
    """Delete a production; with ``takes`` its cached clips that nobody else uses too. Returns clips deleted."""
    from studio.crew.production import reopen

    production = reopen(space, name)
    with production.alone():
        keys = {take.key for take in production.memory.takes(name)}
        production.memory.forget(name)
        dropped = 0
        if takes:
            for key in sorted(keys):
                if not production.memory.takes_by_key(key):
                    production.store.remove(key)
                    dropped += 1
            # These are made again in seconds, and are no takes; a film that is linked to one keeps its bytes.
            for folder in ("cards", "sound", "conformed", "cache", "cuts"):
                shutil.rmtree(space.runs / ".takes" / folder, ignore_errors=True)
        shutil.rmtree(space.runs / name)
        shutil.rmtree(space.bibles / name, ignore_errors=True)
    return dropped


def shipped_policy(version: str) -> Path:
    """The shipped policy's file, if it is ``version``; raises BadInput."""
    from studio.policy.versions import shipped_path, version_hash

    if version_hash(shipped_path()) != version:
        raise BadInput(f"the slate starts from policy {version[:12]}, which is neither beside it nor in this workspace")
    return shipped_path()
