"""Configuration: studio.toml -> Settings. The same fields make the command line's `--set section.key=value`."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from studio.errors import BadInput
from studio.plugins import names

SCENE_KINDS = ("game",)
"""What a scene may be set in instead of the film's own world, and what `[production] engine_for` knows."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DirectorSettings(_Section):
    llm: str = "offline"
    model: str = "gpt-4o"
    base_url: str = ""
    timeout_seconds: float = Field(120, gt=0)
    max_scenes: int = Field(12, ge=1, le=12)
    max_characters: int = Field(8, ge=1, le=8)
    max_locations: int = Field(8, ge=1, le=8)


class ProductionSettings(_Section):
    engine: str = "previz"
    engine_for: dict[str, str] = Field(default_factory=dict)
    """Kind of scene -> the engine that shoots scenes of that kind; the others are shot by ``engine``."""
    artist: str = "previz"
    width: int = Field(832, ge=64, le=4096)
    height: int = Field(480, ge=64, le=4096)
    fps: Literal["native"] | float = "native"
    crossfade_seconds: float = Field(0.5, ge=0, le=2)
    parallel_scenes: int = Field(1, ge=1, le=12)
    scenes: int = Field(6, ge=1, le=12)
    seed: int = Field(0, ge=0, lt=2**63)

    @field_validator("fps", mode="before")
    @classmethod
    def _fps_is_native_or_a_rate(cls, value: object) -> object:
        if value == "native":
            return value
        try:
            rate = float(str(value))
        except ValueError:
            rate = 0.0
        if not 1 <= rate <= 120:
            raise ValueError("must be 'native' or a rate from 1 to 120")
        return rate

    @field_validator("engine_for")
    @classmethod
    def _kinds_are_known(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := next((kind for kind in value if kind not in SCENE_KINDS), None):
            raise ValueError(f"unknown kind of scene {unknown!r}; choose from: {', '.join(SCENE_KINDS)}")
        return value

    @property
    def engines(self) -> list[str]:
        """All engines that the film may be shot with, the production's own first, each once."""
        return list(dict.fromkeys([self.engine, *(self.engine_for[kind] for kind in sorted(self.engine_for))]))

    @field_validator("width", "height")
    @classmethod
    def _sizes_are_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError(f"must be even (H.264 yuv420p); try {value - 1} or {value + 1}")
        return value


class LearningSettings(_Section):
    learn: bool = True
    learning_rate: float = Field(1e-3, gt=0, le=1)
    kl_penalty: float = Field(0.1, ge=0)
    gamma: float = Field(0.99, gt=0, le=1)
    takes_per_shot: int = Field(3, ge=1, le=10)
    reward_threshold: float = Field(0.75, ge=0, le=1)
    policy: str = "shipped"


class RewardSettings(BaseModel):
    """Weight per reward term (a file in studio/rewards); a new term is on as soon as it has a weight here."""

    model_config = ConfigDict(extra="allow", frozen=True)
    frames: int = Field(5, ge=2, le=64)
    visual_quality: float = Field(0.25, ge=0)
    character_consistency: float = Field(0.35, ge=0)
    location_consistency: float = Field(0.20, ge=0)
    narrative_coherence: float = Field(0.20, ge=0)

    def model_post_init(self, _context: object) -> None:
        for name, value in (self.model_extra or {}).items():
            if name not in names("rewards"):
                raise ValueError(f"unknown reward term {name!r}; choose from: {', '.join(names('rewards'))}")
            if not isinstance(value, int | float) or value < 0:
                raise ValueError(f"weight of {name} must be a number, at least 0, not {value!r}")

    @property
    def weights(self) -> dict[str, float]:
        """Term -> weight, of the terms that count."""
        values = {k: float(v) for k, v in self.model_dump().items() if k != "frames"}
        return {name: weight for name, weight in values.items() if weight > 0}


class ConsistencySettings(_Section):
    encoder: str = "auto"
    threshold: float = Field(0.65, ge=0, le=1)
    reference_strength: float = Field(0.7, ge=0, le=1)
    references_per_character: int = Field(3, ge=1, le=3)
    references_per_location: int = Field(2, ge=1, le=2)


class SoundSettings(_Section):
    score: bool = True
    ambience: bool = True
    effects: bool = True
    narration: bool = False
    narrator: str = ""
    voice: str = "en"


class ProvenanceSettings(_Section):
    certificate: str = ""
    key: str = ""


class OllamaSettings(_Section):
    base_url: str = "http://localhost:11434"


class OpenAISettings(_Section):
    api_key_env: str = "OPENAI_API_KEY"
    price_in: float = Field(0.0, ge=0, allow_inf_nan=False)
    """What a million tokens cost that the model reads; 0 where nobody told. So for those that it writes."""
    price_out: float = Field(0.0, ge=0, allow_inf_nan=False)

    @field_validator("api_key_env")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", value):
            raise ValueError("must be the name of an environment variable in capitals, never the key itself")
        return value


class LicenceSettings(_Section):
    allow: tuple[str, ...] = ("Apache-2.0", "MIT", "BSD-3-Clause")
    accepted: tuple[str, ...] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        """Names of all licences that tools may be under: those always allowed and those accepted for this film."""
        return (*self.allow, *self.accepted)


class WeightsSettings(_Section):
    folder: str = "weights"


class StageSettings(_Section):
    deadline_seconds: float = Field(1800, gt=0)
    workers: int = Field(0, ge=0, le=256)


class Settings(_Section):
    """All of studio.toml."""

    director: DirectorSettings = DirectorSettings()
    production: ProductionSettings = ProductionSettings()
    rl: LearningSettings = LearningSettings()
    reward: RewardSettings = RewardSettings()
    consistency: ConsistencySettings = ConsistencySettings()
    sound: SoundSettings = SoundSettings()
    provenance: ProvenanceSettings = ProvenanceSettings()
    ollama: OllamaSettings = OllamaSettings()
    openai: OpenAISettings = OpenAISettings()
    licence: LicenceSettings = LicenceSettings()
    weights: WeightsSettings = WeightsSettings()
    stage: StageSettings = StageSettings()
    engines: dict[str, dict[str, Any]] = Field(default_factory=dict)
    artists: dict[str, dict[str, Any]] = Field(default_factory=dict)
    rewards: dict[str, dict[str, Any]] = Field(default_factory=dict)

    def outcome(self) -> dict[str, Any]:
        """What can change the film: everything except where and how fast it is made."""
        data = self.model_dump(mode="json")
        data.pop("stage")
        data.pop("weights")  # their hash counts, not where they lie
        data.pop("provenance")  # signs what leaves, and leaves the film as it is
        data["openai"] = {"api_key_env": data["openai"]["api_key_env"]}  # nor do its prices
        return data


@dataclass(frozen=True)
class Workspace:
    """The folder that holds a user's studio.toml, prompts, bibles and productions."""

    root: Path

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def bibles(self) -> Path:
        return self.root / "story_bible"

    @property
    def policies(self) -> Path:
        """The director's versions of this workspace."""
        return self.runs / ".policy"

    def template(self, role: str) -> str:
        """Text of ``prompts/<role>.md``: the workspace's own, or Studio's."""
        own = self.root / "prompts" / f"{role}.md"
        if own.is_file():
            return own.read_text(encoding="utf-8")
        return shipped("prompts", f"{role}.md").read_text(encoding="utf-8")


def workspace(root: Path | None = None) -> Workspace:
    """The workspace at ``root``, ``STUDIO_WORKSPACE`` or the current directory."""
    return Workspace(Path(root or os.environ.get("STUDIO_WORKSPACE") or ".").absolute())


def shipped(*parts: str) -> Path:
    """A file that ships with Studio: inside the package of a wheel, at the top of a checkout."""
    inside = Path(str(files("studio"))).joinpath(*parts)
    return inside if inside.exists() else Path(str(files("studio"))).parent.joinpath(*parts)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"no configuration at {path}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadInput(f"{path}: not a readable TOML file: {error}") from None


def _merge(base: dict[str, Any], over: dict[str, Any], where: str) -> None:
    for section, values in over.items():
        if not isinstance(values, dict):
            raise BadInput(f"{where}: {section!r} must be a section; choose from: {', '.join(Settings.model_fields)}")
        _deepen(base.setdefault(section, {}), values)


def _deepen(base: dict[str, Any], over: dict[str, Any]) -> None:
    """Tables inside tables (``[engines.wan]``) are merged too."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _deepen(base[key], value)
        else:
            base[key] = value


def parse_set(text: str) -> dict[str, dict[str, Any]]:
    """``section.key=value`` (or ``engines.wan.key=value``) -> nested dict; the value is TOML, or else plain text."""
    path, equals, value = text.partition("=")
    section, *keys = path.strip().split(".")
    if not (equals and section and keys and all(keys)):
        raise BadInput(f"--set {text!r} is not of the form section.key=value, e.g. rl.takes_per_shot=2")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    nested: Any = parsed
    for key in reversed(keys):
        nested = {key: nested}
    return {section: nested}


def validate(data: dict[str, Any], where: str) -> Settings:
    """Settings from plain data; raises BadInput with the first fault in one line."""
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(p) for p in fault["loc"])
        section = Settings.model_fields.get(str(fault["loc"][0])) if fault["loc"] else None
        if fault["type"] == "extra_forbidden":
            model = section.annotation if section and len(fault["loc"]) > 1 else Settings
            choices = ", ".join(getattr(model, "model_fields", {}))
            raise BadInput(f"{where}: unknown key {key!r}; choose from: {choices}") from None
        message = fault["msg"].removeprefix("Value error, ")
        if key == "openai.api_key_env":  # what stands there by mistake may be the key
            raise BadInput(f"{where}: {key} {message}") from None
        raise BadInput(f"{where}: {key} = {fault['input']!r}: {message}") from None


def load(space: Workspace, config: Path | None = None, sets: list[str] | None = None) -> Settings:
    """Defaults, then the workspace's studio.toml, then ``config``, then each of ``sets``."""
    data: dict[str, Any] = {}
    own = space.root / "studio.toml"
    for path in ([own] if own.is_file() else []) + ([config] if config else []):
        _merge(data, _read(path), str(path))
    for text in sets or []:
        _merge(data, parse_set(text), f"--set {text}")
    settings = validate(data, "--set" if sets else str(config or own))
    for family, name in (
        ("llm", settings.director.llm),
        *(("engines", name) for name in settings.production.engines),
        ("artists", settings.production.artist),
    ):
        if name not in names(family):
            raise BadInput(f"unknown {family.removesuffix('s')} {name!r}; choose from: {', '.join(names(family))}")
    for family in ("engines", "artists", "rewards"):
        for name in getattr(settings, family):
            if name not in names(family):
                raise BadInput(f"[{family}.{name}]: unknown {family}; choose from: {', '.join(names(family))}")
    return settings
