"""How well latent actions name what was done in video without actions, from a few labelled frames.

Held-out levels of Backlot are encoded as mp4, imported, and named by `studio.worlds.latent_actions`; the truth is what
was recorded. Three figures, since many keys make no difference where they are pressed (jump in the air, left against a
wall): over all frames; over all frames, where a key that would have led to the very same state counts as right; over
frames where the true key leads to a state that no other key leads to.

    python benchmarks/latent_actions.py runs/.worlds/data/backlot --out /tmp/latent --labels 200
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import av
import numpy as np
import torch

from studio.worlds.data.dataset import Dataset, sound_shards
from studio.worlds.data.importing import import_clips
from studio.worlds.data.manifest import Episode, read_manifest
from studio.worlds.envs._backlot.level import generate
from studio.worlds.envs._backlot.physics import Simulation
from studio.worlds.latent_actions.label import label, stretches

FPS = 20


def encode(frames: np.ndarray, path: Path) -> None:
    """H.264 at a quality at which artefacts can be seen on a closer look (CRF 20)."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=FPS, options={"crf": "20", "threads": "1"})
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        file.mux(stream.encode())


def equal_keys(episode: Episode, actions: np.ndarray, count: int) -> np.ndarray:
    """bool [frames, actions]: keys that lead to the same state as the one that was pressed."""
    world = Simulation(generate(episode.level))
    for action, steps in episode.prelude:
        for _ in range(steps):
            world.step(action)
    found = np.zeros((len(actions), count), bool)
    for t, done in enumerate(actions[:-1]):
        before, after = world.snapshot(), []
        for action in range(count):
            world.restore(before)
            world.step(action)
            w = world
            after.append((w.x, w.y, w.vx, w.vy, w.facing, w.ducking, w.ground, w.stunned, w.wire))
        found[t] = [state == after[done] for state in after]
        world.restore(before)
        world.step(int(done))
    return found


def videos(data: Path, split: str, most: int, out: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Write episodes as mp4; gives, by file name, the true actions and which keys are equal to them."""
    footage = Dataset(data, split, 2)
    names = footage.manifest.action_names
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    out.mkdir(parents=True, exist_ok=True)
    for index, shard in enumerate(footage.shards):
        for episode in shard.episodes:
            if len(found) == most:
                return found
            end = episode.start + episode.frames
            frames, actions = (footage.read(index, n, episode.start, end) for n in ("frames", "actions"))
            path = out / f"level-{episode.level}.mp4"
            if not path.is_file():
                encode(frames, path)
            found[path.name] = (actions.astype(int), equal_keys(episode, actions, len(names)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--episodes", type=int, default=64)
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--draws", type=int, default=3, help="how often the labelled frames are drawn anew")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    out, names = chosen.out, read_manifest(chosen.data).action_names
    truth = videos(chosen.data, chosen.split, chosen.episodes, out / "video")
    imported = out / "imported"
    manifest = import_clips([out / "video" / name for name in truth], imported, FPS)
    known = stretches(manifest, sound_shards(imported, manifest))
    places = [(s.clip, s.first + t) for s in known for t in range(s.episode.frames - 1)]
    for draw in range(chosen.draws):
        rng = np.random.default_rng(draw)
        labelled = [places[i] for i in rng.choice(len(places), chosen.labels, replace=False)]
        table = out / f"labels-{draw}.csv"
        with table.open("w", newline="") as file:
            csv.writer(file).writerows(
                [("clip", "frame", "action"), *((c, t, names[truth[c][0][t]]) for c, t in labelled)]
            )
        said = out / f"labelled-{draw}"
        _, namer = label(
            imported, table, said, out / "model", names, chosen.steps, say=lambda line: print(line, file=sys.stderr)
        )
        print(json.dumps({"draw": draw, "held_out_labels": namer.held_out, **scores(said, truth, set(labelled))}))


def scores(folder: Path, truth: dict[str, tuple[np.ndarray, np.ndarray]], labelled: set[tuple[str, int]]) -> dict:
    """Accuracies over frames that were not labelled."""
    manifest = read_manifest(folder)
    exact, equal, alone = [], [], []
    for each in stretches(manifest, manifest.shards):
        read = Dataset(folder, each.shard.split, 2)
        index = [s.file for s in read.shards].index(each.shard.file)
        start = each.episode.start
        done = read.read(index, "actions", start, start + each.episode.frames - 1)
        actions, same = truth[each.clip]
        for t, action in enumerate(done, each.first):
            if (each.clip, t) not in labelled:
                exact.append(action == actions[t])
                equal.append(same[t, action])
                alone.append(same[t].sum() == 1)
    right, only = np.array(exact), np.array(alone)
    return {
        **{"frames": len(right), "all_frames": right.mean(), "equal_keys_count": np.mean(equal)},
        **{"distinguishable_frames": right[only].mean(), "share_distinguishable": only.mean()},
    }


if __name__ == "__main__":
    main()
