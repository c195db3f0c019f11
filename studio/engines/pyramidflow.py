"""pyramidflow: Pyramid Flow from text or from a first frame, through the user's checkout of jy0205/Pyramid-Flow.

8k+1 frames at 24 a second, 121 or 241 of them, 640x384 or 1280x768 (arXiv 2410.05954). The repository has no program
that takes a prompt; ``_pyramidflow_driver.py`` calls its Python interface in its own environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from studio.engines._external import ExternalEngine, ExternalOptions
from studio.engines.base import Capabilities
from studio.licences import Licence, Part
from studio.story.brief import Brief

MODELS = {"miniflux": "pyramid_flux", "sd3": "pyramid_mmdit"}
"""Option -> what the repository calls it."""
SIZES = {"384p": (640, 384), "768p": (1280, 768)}
SD3 = Part(
    "Stability-AI-Community",
    "derived from Stable Diffusion 3: commercial use free below $1M of yearly revenue, after registering",
)


class Options(ExternalOptions):
    model: Literal["miniflux", "sd3"] = "miniflux"
    resolution: Literal["384p", "768p"] = "384p"


class Engine(ExternalEngine):
    Options = Options
    prompt_family = "wan"
    capabilities = Capabilities(
        fps=24.0, frame_step=8, frame_offset=1, max_frames=241, size_multiple=2, fixed_size=SIZES["384p"],
        first_frame=True,
    )  # fmt: skip
    repository = "jy0205/Pyramid-Flow"
    entry = "pyramid_dit/__init__.py"
    vram_gib = 12.0
    command = (
        "{python}", "{driver}", "--weights", "{weights}", "--model", "{mode}", "--variant", "{config}",
        "--prompt-file", "{prompt_file}", "--negative-file", "{negative_file}", "--image", "{image}",
        "--frames", "{frames}", "--fps", "{fps}", "--width", "{width}", "--height", "{height}", "--seed", "{seed}",
        "--out", "{out}",
    )  # fmt: skip

    def __init__(self, options: Mapping[str, Any] | None = None, weights: Mapping[str, Path] | None = None) -> None:
        model = str((options or {}).get("model", "miniflux"))
        self.weights_from = f"rain1011/pyramid-flow-{model}"  # type: ignore[misc]
        super().__init__(options, weights)
        derived = self.options.model == "sd3"
        self.licence = Licence(
            code=Part("MIT"), weights=SD3 if derived else Part("Apache-2.0"), derivatives=SD3 if derived else Part()
        )
        self.capabilities = replace(self.capabilities, fixed_size=SIZES[self.options.resolution])

    def values(self, brief: Brief, folder: Path) -> dict[str, str]:
        return {
            **super().values(brief, folder), "driver": str(Path(__file__).with_name("_pyramidflow_driver.py")),
            "mode": MODELS[self.options.model], "config": f"diffusion_transformer_{self.options.resolution}",
        }  # fmt: skip
