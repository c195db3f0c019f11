"""A stand-in for an upstream repository's program: draws a clip, or misbehaves as its first argument says."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("behaviour")
for name in ("prompt-file", "out", "folder", "pids"):
    parser.add_argument(f"--{name}", default="")
parser.add_argument("--image", default="")
for name in ("frames", "width", "height", "seed"):
    parser.add_argument(f"--{name}", type=int)
parser.add_argument("--fps", type=float)
asked = parser.parse_args()
if asked.pids:  # a worker in a session of its own, as launchers start them
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    import os

    Path(asked.pids).write_text(f"{os.getpid()} {child.pid}")
if asked.behaviour == "hang":
    print("loading", flush=True)
    time.sleep(600)
if asked.behaviour == "crash":
    print("Traceback (most recent call last):\n  File ...\nRuntimeError: the latents are NaN", file=sys.stderr)
    sys.exit(3)
if asked.behaviour == "memory":
    print("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20 GiB", file=sys.stderr)
    sys.exit(1)
if asked.behaviour == "nothing":
    sys.exit(0)

import av  # noqa: E402 - a program that crashes early does not wait for it
import numpy as np  # noqa: E402

frames, width, height, fps = asked.frames, asked.width, asked.height, asked.fps
if asked.behaviour == "short":
    frames -= 3
if asked.behaviour == "other":
    width, height, fps, frames = width * 2, height * 2, fps / 2, frames // 2 + 1
seed = (
    sum(Path(asked.prompt_file).read_bytes()) + asked.seed + (sum(Path(asked.image).read_bytes()) if asked.image else 0)
)
shade = np.random.default_rng(seed).integers(40, 220, 3)
for bar in ("Loading checkpoint shards", "sampling"):
    for step in range(1, 5):
        print(f"{bar}: {25 * step}%|####| {step}/4 [00:00<00:00]", end="\r", file=sys.stderr, flush=True)
target = Path(asked.folder) / "samples" / "video_0000.mp4" if asked.folder else Path(asked.out)
target.parent.mkdir(exist_ok=True)
with av.open(str(target), "w") as container:
    stream = container.add_stream("libx264", rate=round(fps))
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    for n in range(frames):
        picture = np.full((height, width, 3), shade, np.uint8)
        picture[: height // 2, : 4 + n] = 255 - shade
        for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
            container.mux(packet)
    for packet in stream.encode():
        container.mux(packet)
print("saved", target)
