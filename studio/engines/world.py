"""world: a world model plays the shot. The action's words become key presses; every frame is dreamed.

A shot begins from true frames of Backlot, in a level that belongs to its place, or from the last frame of the shot
before it. Its picture is the game's own: it shows a game's performer, whoever the plan casts, and always the whole
screen, whatever the direction asks.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from studio.engines import _images
from studio.engines.base import Capabilities, Clip, NoOptions, Progress, VideoEngine
from studio.errors import BadInput, EngineFailed
from studio.licences import Licence, Part
from studio.story.brief import Brief, digest
from studio.tool import Needs
from studio.weights import Weight
from studio.worlds.screen import Screen
from studio.worlds.shelf import shipped

if TYPE_CHECKING:
    from studio.worlds.models.base import WorldModel

CONTEXT = 16
"""Frames that a shot is begun from, where its model looks back on so many."""


class Options(NoOptions):
    model: str = "latent_flow"
    """A world model of Backlot: one that ships (`studio world models`), or a path of weights."""
    steps: int = Field(0, ge=0, le=64)
    """Sampling steps a frame; 0: the model's own."""
    temperature: float = Field(1.0, ge=0, le=2)
    guidance: float = Field(1.0, ge=0, le=10)
    screen: Literal["whole", "fill"] = "whole"
    """The whole picture between bars, or the frame filled and edges cut away."""


class Trained(Weight):
    """Weights of a world model, which are trained here and not fetched."""

    def remedy(self, folder: str = "weights") -> str:
        name = "latent_flow" if self.source.endswith(".safetensors") else self.source
        return f"`studio world train {name}` makes some; then --set engines.world.model=PATH"


class Engine(VideoEngine):
    version = "world-1"
    prompt_family = "world"
    Options = Options
    capabilities = Capabilities(fps=24.0, any_fps=True, size_multiple=2, first_frame=True, cpu=True, game="backlot")
    licence = Licence(weights=Part("Apache-2.0"))

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        super().__init__(options, weights)
        source = str(shipped().get(self.options.model, self.options.model))
        self.needs = Needs((Trained("model", source),))

    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        from studio.edit.encode import Encoder
        from studio.repeatable import one_thread
        from studio.worlds.dreaming import dream
        from studio.worlds.envs._backlot.constants import FPS

        shown = [n * FPS // brief.fps for n in range(brief.frames)]  # the game's frame at each of the film's
        steps = int(shown[-1]) + 1
        progress(0.0)
        with one_thread():
            model = self._model()
            frames, before, played, note = self._begin(brief, model, steps)
            screen = self._screen(brief, model)
            handles = int(brief.parameters.get("handles", 12))
            keyframes = [n for n in (handles, brief.frames - handles) if 0 < n < brief.frames]
            dreamed = enumerate(dream(model, frames, before, played, brief.seed))
            at, picture = -1, np.zeros(0)
            with Encoder(out, brief.width, brief.height, brief.fps, keyframes=keyframes) as encoder:
                for n, wanted in enumerate(shown):
                    while at < wanted:
                        at, clips = next(dreamed)
                        picture = screen.show(clips[0])
                    encoder.write(picture)
                    progress((n + 1) / brief.frames)
        return Clip(out, brief.frames, brief.fps, brief.width, brief.height, (note,))

    def _model(self) -> WorldModel:
        try:
            model = _loaded(str(self.weights["model"]))
        except BadInput as error:
            raise EngineFailed(str(error)) from None
        options = self.options
        if hasattr(model, "sampling"):
            model.sampling(options.steps or model.config.steps, options.guidance, options.temperature)
        elif options.steps:
            raise EngineFailed(f"{model.name} does not sample in steps; leave out engines.world.steps")
        return model

    def _screen(self, brief: Brief, model: WorldModel) -> Screen:
        source = (model.config.height, model.config.width)
        return Screen.place(source, (brief.height, brief.width), self.options.screen == "fill")

    def _begin(self, brief: Brief, model: WorldModel, steps: int) -> tuple[np.ndarray, list[int], list[int], str]:
        """Context frames, the actions between them, the shot's actions, and how it was begun in words."""
        from studio.worlds import blocking
        from studio.worlds.envs._backlot.constants import ACTIONS
        from studio.worlds.establishing import establish, level_of

        planned, count = blocking.moves(brief.action or brief.prompt), model.config.actions
        if brief.first_frame:
            first = self._screen(brief, model).read(_images.picture(brief, brief.first_frame))
            names = blocking.keys(planned, steps, random.Random(brief.seed))
            frames, before, begun = first[None], [], "the last frame before it"
        else:
            level = level_of(int(digest(brief.location.model_dump(mode="json"))[:12], 16), brief.time_of_day)
            size = (model.config.height, model.config.width)
            opening = establish(level, brief.seed, planned, steps, getattr(model.config, "window", CONTEXT), size)
            frames, before, names = opening.frames, opening.actions, opening.played
            begun = f"{len(frames)} true frames of level {level}"
        told = ", ".join(f"{name}*{len(list(run))}" for name, run in groupby(names))
        numbers = [blocking.indices(part, ACTIONS, count) for part in (before, names)]
        return frames, numbers[0], numbers[1], f"{steps} frames dreamed by {model.name} from {begun}: {told}"

    @classmethod
    def tiny(cls, folder: Path) -> Engine:
        import torch

        from studio.worlds.models.base import save_weights
        from studio.worlds.models.latent_flow import Model

        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = Model.tiny()
            for parameter in model.parameters():  # what is begun at zero would dream nothing
                parameter.data.add_(0.1 * torch.randn(parameter.shape))
        path = folder / "world.safetensors"
        save_weights(model, path)
        return cls({"model": str(path)}, {"model": path})


@lru_cache(maxsize=1)
def _loaded(path: str) -> WorldModel:
    from studio.worlds.shelf import open_world_model

    return open_world_model(path)
