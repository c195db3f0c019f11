"""`studio world label`: imported footage, and a table of what was done at a few of its frames, become footage with
actions."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from studio.errors import BadInput
from studio.publish import publish_bytes
from studio.worlds.data.dataset import sound_shards
from studio.worlds.data.manifest import NO_ACTION, Episode, Manifest, Shard, read_manifest, sha256_of
from studio.worlds.latent_actions.fit import fit_latent_actions, latent_actions
from studio.worlds.latent_actions.naming import Namer, fit_namer
from studio.worlds.latent_actions.network import Config, LatentActions

COLUMNS = ("clip", "frame", "action")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Stretch:
    """One episode of a data set: frames ``first`` and on of clip ``clip``."""

    shard: Shard
    episode: Episode
    clip: str
    first: int


def stretches(manifest: Manifest, shards: Sequence[Shard]) -> list[Stretch]:
    """All episodes in the order of their clips' frames."""
    found: list[Stretch] = []
    at: dict[str, int] = {}
    order = {"train": 0, "val": 1, "test": 2}  # an imported clip's last tenth is its val split
    for shard in sorted(shards, key=lambda s: (order[s.split], s.file)):
        for episode in shard.episodes:
            clip = episode.policy
            found.append(Stretch(shard, episode, clip, at.get(clip, 0)))
            at[clip] = at.get(clip, 0) + episode.frames
    return found


def read_labels(
    path: Path, known: Sequence[Stretch], actions: Sequence[str]
) -> tuple[list[str], list[tuple[int, int, int]]]:
    """(names of actions, (episode, step, action) of each line) of a CSV ``clip,frame,action``. ``actions``: the names,
    in their order; none: those in the table, sorted. Raises BadInput that names the line that is wrong."""
    if not path.is_file():
        raise BadInput(f"no labels at {path}; write lines of {','.join(COLUMNS)}")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, restval="")
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise BadInput(f"{path} must begin with the line {','.join(COLUMNS)}")
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} is no table of text ({error})") from None
    names = list(actions) or sorted({row["action"] for row in rows})
    labels = []
    for number, row in enumerate(rows, 2):
        where = f"{path}, line {number}"
        if row["action"] not in names:
            raise BadInput(f"{where}: unknown action {row['action']!r}; choose from: {', '.join(names)}")
        labels.append((*_place(row["clip"], row["frame"], known, where), names.index(row["action"])))
    return names, labels


def _place(clip: str, frame: str, known: Sequence[Stretch], where: str) -> tuple[int, int]:
    clips = {each.clip for each in known}
    if clip not in clips:
        raise BadInput(f"{where}: no clip {clip!r}; choose from: {', '.join(sorted(clips))}")
    if frame.isdecimal():
        for index, each in enumerate(known):
            # A stretch's last frame has no next one in it, so nothing can be told of it.
            if each.clip == clip and 0 <= int(frame) - each.first < each.episode.frames - 1:
                return index, int(frame) - each.first
    raise BadInput(f"{where}: clip {clip} has no frame {frame!r} with a frame after it")


def label(
    data: Path,
    labels: Path,
    out: Path,
    model: Path,
    actions: Sequence[str] = (),
    steps: int = 800,
    seed: int = 0,
    config: Config | None = None,
    say: Say = lambda line: None,
) -> tuple[Manifest, Namer]:
    """Write ``data`` with actions to ``out``: latent actions are learned (and kept in ``model``), then named by
    ``labels``. Raises BadInput for labels that do not fit, or an ``out`` that has footage already."""
    if (out / "manifest.json").exists():
        raise BadInput(f"{out} holds footage already; choose another --out")
    manifest = read_manifest(data)
    shards = sound_shards(data, manifest)
    known = [each for each in stretches(manifest, shards) if each.episode.frames > 1]
    names, places = read_labels(labels, known, actions)
    network = fit_latent_actions(data, model, steps, seed, config, say=say)
    vectors = [_vectors(network, data, each) for each in known]
    namer = fit_namer(vectors, places, len(names), seed)
    say(
        f"{len(places)} labelled frames; of those held out in turn {namer.held_out:.0%} are named rightly, "
        f"looking {namer.reach} steps around"
    )
    done = {id(each.episode): namer.named(v) for each, v in zip(known, vectors, strict=True)}
    written = [_rewritten(data, out, shard, done) for shard in shards]
    recipe = {**manifest.recipe, "labelled": labels.name}
    named = manifest.model_copy(update={"action_names": names, "shards": written, "recipe": recipe})
    named.save(out)
    return named, namer


def _vectors(network: LatentActions, data: Path, each: Stretch) -> np.ndarray:
    arrays = load_file(data / each.shard.file)
    episode = each.episode
    return latent_actions(network, arrays["frames"][episode.start : episode.start + episode.frames])[0]


def _rewritten(data: Path, out: Path, shard: Shard, done: dict[int, np.ndarray]) -> Shard:
    arrays = load_file(data / shard.file)
    told = np.full(shard.frames, NO_ACTION, np.uint8)
    for episode in shard.episodes:
        if id(episode) not in done:
            continue
        told[episode.start : episode.start + episode.frames - 1] = done[id(episode)]
    path = out / shard.file
    publish_bytes(path, save({**arrays, "actions": told}))
    return shard.model_copy(update={"bytes": path.stat().st_size, "sha256": sha256_of(path)})
