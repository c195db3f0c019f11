"""report.json: what was made, how, at what price. Exported as JSON schema to docs/report.schema.json."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict, Field

from studio.story.direction import Direction

SCHEMA_VERSION = 1


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Critic(_Row):
    passed: bool
    notes: list[str]
    checks: dict[str, float]
    unasked: dict[str, str] = Field(
        default_factory=dict, description="term or check that was not asked of this take's pictures -> why"
    )


class Reward(_Row):
    """Each term is in [0, 1] or null (not applicable); ``weights`` are renormalised over the rest."""

    total: float | None
    terms: dict[str, float | None]
    weights: dict[str, float]


class PolicyUpdate(_Row):
    version: str
    kl: float
    policy_loss: float
    value_loss: float
    entropy: float
    clip_fraction: float
    explained_variance: float


class TakeReport(_Row):
    number: int
    file: str
    sha256: str
    key: str
    cached: bool
    seed: int
    engine: str = Field("", description="what shot this take")
    prompt: str
    negative_prompt: str
    direction: Direction
    forced: list[str] = Field(default_factory=list, description="slots fixed by plan, critic or a person")
    render_seconds: float
    critic: Critic
    reward: Reward
    policy_update: PolicyUpdate | None = Field(
        description="null only when unscorable, learning is off, or the engine follows no direction"
    )
    attempts: list[str]
    accepted: bool


class ShotReport(_Row):
    number: int
    frames: int
    circle_take: int | None
    takes: list[TakeReport]


class SceneReport(_Row):
    number: int
    title: str
    kind: str = Field("", description="'game' where it plays inside a video game; empty in the film's own world")
    location: str
    characters: list[str]
    shots: list[ShotReport]


class ProductionReport(_Row):
    name: str
    status: str
    prompt: str
    seed: int
    engine: str
    engine_for: dict[str, str] = Field(default_factory=dict, description="kind of scene -> its engine")
    artist: str
    llm: str
    encoder: str
    started_at: str
    finished_at: str | None
    wall_seconds: float
    film_seconds: float
    frames: int


class CutReport(_Row):
    number: int
    file: str
    sha256: str
    frames: int
    method: str
    reason: str


class SoundReport(_Row):
    """The sound track of the last cut, as measured in the published file (EBU R 128)."""

    sha256: str
    integrated: float | None = Field(description="LUFS; null where there is only silence")
    true_peak: float | None = Field(description="dBFS")
    span: float = Field(description="loudness range in LU")
    seconds: float
    key: str = Field(description="of the score, e.g. 'E flat dorian'; empty without a score")
    tempo: float | None = Field(description="beats a minute")
    instruments: list[str]
    ambiences: list[str]
    effects: int
    narrated: int = Field(description="scenes whose narration is heard")


class Totals(_Row):
    takes: int
    rendered: int
    cached: int
    tokens: int = Field(description="read and written by the screenwriter for this production, unusable answers too")
    cost: float | None = Field(description="by [openai] price_in and price_out; null where tokens have no price")
    seconds_by_stage: dict[str, float]


class PartReport(_Row):
    """One licence; an empty name means that there is no such part."""

    name: str
    terms: str


class ToolLicence(_Row):
    """What one tool of the film is under, in four parts."""

    code: PartReport
    weights: PartReport
    components: dict[str, PartReport]
    derivatives: PartReport


class Licences(_Row):
    """``accepted``: by hand, beside those always allowed. ``tools``: ``engine previz`` … -> its licence."""

    accepted: list[str]
    tools: dict[str, ToolLicence]


class Point(_Row):
    """One point of the reward curve, in the order in which the takes were learnt from."""

    scene: int
    shot: int
    take: int
    reward: float | None
    accepted: bool


class Report(_Row):
    """The whole of report.json."""

    schema_version: int = SCHEMA_VERSION
    production: ProductionReport
    scenes: list[SceneReport]
    reward_curve: list[Point]
    retakes: int
    cuts: list[CutReport]
    sound: SoundReport | None = Field(None, description="null where the film has no sound track")
    totals: Totals
    licences: Licences
    continuity: list[str]
    fallbacks: list[str]
    warnings: list[str]
    files: dict[str, str]


def schema_text() -> str:
    """The JSON schema of a report, as docs/report.schema.json holds it."""
    return json.dumps(Report.model_json_schema(), indent=1, sort_keys=True) + "\n"
