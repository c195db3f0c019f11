"""`studio world sample`: continue a clip."""

from __future__ import annotations

import math
from pathlib import Path

import typer

from studio.cli.world._common import say


def sample(
    clip: Path = typer.Option(..., "--from", help="Any video; its last frames are what is continued."),
    seconds: float = typer.Option(3.0, min=0.05, max=600, help="How long to go on."),
    model: str = typer.Option("latent_flow", help="A model that ships, copy_last, or a path of weights."),
    best_of: int = typer.Option(1, "--best-of", min=1, max=64, help="Continuations to choose from."),
    actions: str = typer.Option("keep", help="A script ('right*20,jump*5'), random, or keep: as the clip ends."),
    fps: float = typer.Option(20.0, min=1, max=120, help="Frames a second that the model was trained on."),
    context: int = typer.Option(0, min=0, help="Frames to go on from [default: the model's own window]."),
    steps: int = typer.Option(0, min=0, help="Sampling steps a frame [default: the model's own]."),
    seed: int = typer.Option(0, min=0, help="Of the dream's chance."),
    out: Path = typer.Option(Path("out.mp4"), help="Video; OUT.json (scores) and OUT.png (a sheet) lie beside it."),
) -> None:
    """Continue real footage with a world model.

    Example: studio world sample --from clip.mp4 --seconds 3 --best-of 4 --actions "right*20,jump*5" --out out.mp4
    """
    from studio.errors import BadInput
    from studio.repeatable import one_thread
    from studio.worlds import sampling
    from studio.worlds.envs._backlot.constants import ACTIONS
    from studio.worlds.shelf import open_world_model

    if not clip.is_file():
        raise BadInput(f"--from {clip}: no such file")
    if out.suffix.lower() != ".mp4" or out.is_dir():
        raise BadInput(f"--out {out}: name a video, such as out.mp4; scores and a sheet get its name, too")
    for option, value in (("seconds", seconds), ("fps", fps)):
        if not math.isfinite(value):
            raise BadInput(f"--{option} {value} is no number")
    opened = open_world_model(model)
    config = opened.config
    if steps and not hasattr(opened, "sampling"):
        raise BadInput(f"--steps: {opened.name} does not sample in steps")
    if steps:
        opened.sampling(steps)
    names = list(ACTIONS) if config.actions == len(ACTIONS) else [str(n) for n in range(config.actions)]
    rate = sampling.rate_of(clip, fps)
    shown = sampling.last_frames(clip, context or getattr(config, "window", 16), rate, (config.height, config.width))
    count = max(1, round(seconds * rate))
    with one_thread():
        made = sampling.sample(opened, shown, count, names, actions, best_of, seed, _said(count))
    for note in made.notes:
        say(note)
    told = {"model": opened.name, "clip": clip.name, "seed": seed, "fps": rate, **made.told()}
    _publish(made, told, rate, out)
    for each in sorted(made.candidates, key=lambda each: each.disagreement):
        print(f"continuation {each.number}: disagreement {each.disagreement:.3f}  {_parts(each.features)}")
    print(out)


def _said(count: int):  # type: ignore[no-untyped-def]
    """Tells of every fifth of the way."""
    told = {round(count * part / 5) for part in range(1, 6)}

    def progress(share: float) -> None:
        if round(share * count) in told:
            say(f"{round(share * count)} of {count} frames")

    return progress


def _parts(features: dict[str, float]) -> str:
    return " ".join(f"{name} {value:+.2f}" for name, value in features.items())


def _publish(made, told: dict[str, object], rate: float, out: Path) -> None:  # type: ignore[no-untyped-def]
    """The clip's last frames and the chosen continuation as a video; scores and sheet beside it."""
    import io

    import numpy as np

    from studio.edit.encode import Encoder
    from studio.publish import publish_bytes, publish_json, publish_path
    from studio.worlds.screen import enlarged
    from studio.worlds.sheet import sheet

    frames = np.concatenate([made.context, made.dreams[made.best]])
    times = max(1, round(480 / frames.shape[1]))
    height, width = (side * times + side * times % 2 for side in frames.shape[1:3])
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.stem}.tmp.mp4")
    with Encoder(temporary, width, height, rate, keyframes=(len(made.context),)) as encoder:
        for frame in frames:
            encoder.write(enlarged(frame, height, width))
    publish_path(temporary, out)
    publish_json(out.with_suffix(".json"), {**told, "dream_begins_at_frame": len(made.context)})
    page = io.BytesIO()
    sheet(made, rate).save(page, "PNG")
    publish_bytes(out.with_suffix(".png"), page.getvalue())


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sample)
