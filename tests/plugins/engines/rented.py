"""A test engine that is no free software: weights, a bundled component, an optional LoRA, terms on derivatives."""

import os
from pathlib import Path

from studio.engines.flat import Engine as Flat

from studio.engines.base import Capabilities, Clip, Needs, NoOptions, Progress
from studio.licences import Licence, Part
from studio.story.brief import Brief
from studio.weights import Weight


class Options(NoOptions):
    lora: str = ""


class Engine(Flat):
    Options = Options
    version = "rented-1"
    capabilities = Capabilities(
        fps=16.0, frame_step=4, frame_offset=1, max_frames=81, size_multiple=16, first_frame=True, references=True,
    )  # fmt: skip
    needs = Needs(weights=(Weight("base", "rented/base", 2.5),), vram_gib=8.0)

    @property
    def licence(self) -> Licence:
        lora = {f"LoRA {self.options.lora}": Part("CC-BY-NC-SA-4.0")} if self.options.lora else {}
        return Licence(
            weights=Part("Rented-1.0", "paid above one coin a year"),
            components={"text encoder": Part("MIT"), **lora}, derivatives=Part("Rented-Derivatives-1.0"),
        )  # fmt: skip

    def shoot(self, brief: Brief, out: Path, progress: Progress) -> Clip:
        Path(os.environ["RENTED_BRIEF"]).write_text(brief.model_dump_json())
        for path in brief.files.values():
            assert Path(path).is_file()
        return super().shoot(brief, out, progress)
