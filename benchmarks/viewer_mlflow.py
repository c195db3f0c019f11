"""The reference point of benchmarks/viewer.py: MLflow's UI server with as many runs and figures.

MLflow is installed into a temporary virtual environment (two minutes); Studio never depends on it. A run stands for a
production, a step of five metrics for a take. Its runs page is one static page, which then asks for the first hundred
runs: both are timed to their first byte.
"""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

FILL = """
import sys, time
from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient
client = MlflowClient(f"sqlite:///{sys.argv[1]}")
experiment = client.create_experiment("films", artifact_location=sys.argv[4])
names = ("reward", "visual_quality", "character_consistency", "location_consistency", "narrative_coherence")
for n in range(int(sys.argv[2])):
    run = client.create_run(experiment, run_name=f"film-{n:03d}")
    metrics = [Metric(m, 0.5, 0, step) for step in range(int(sys.argv[3])) for m in names]
    client.log_batch(run.info.run_id, metrics, [Param("prompt", "A keeper finds a whale"), Param("seed", str(n))])
    client.set_terminated(run.info.run_id)
print(experiment)
"""


def reference(folder: Path, productions: int, takes: int, times: int, python: Path | None = None) -> dict[str, float]:
    """What was asked -> median milliseconds to the first byte; ``python`` is one that has MLflow already."""
    python = python or _install(folder)
    database = folder / "mlflow.db"
    command = [str(python), "-c", FILL, str(database), str(productions), str(takes), str(folder / "artifacts")]
    filled = subprocess.run(command, check=True, capture_output=True, text=True)
    experiment = filled.stdout.split()[-1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(python), "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{database}", "--host", "127.0.0.1",
         "--port", str(port), "--workers", "1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _wait(port)
        search = json.dumps({"experiment_ids": [experiment], "max_results": 100, "order_by": ["start_time DESC"]})
        return {
            "MLflow: its page": _first_byte(port, "GET", "/", None, times),
            "MLflow: the runs on it": _first_byte(port, "POST", "/ajax-api/2.0/mlflow/runs/search", search, times),
        }
    finally:
        _end(server)


def _install(folder: Path) -> Path:
    print("installing MLflow into a temporary environment…", file=sys.stderr)
    venv.create(folder / "mlflow", with_pip=True)
    python = folder / "mlflow" / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "mlflow"], check=True)
    return python


def _wait(port: int) -> None:
    """Until the server answers; it takes its time."""
    for _ in range(600):
        try:
            _first_byte(port, "GET", "/health", None, 1)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("MLflow's server did not start")


def _first_byte(port: int, method: str, path: str, body: str | None, times: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        connection.request(method, path, body, {"content-type": "application/json"} if body else {})
        answer = connection.getresponse()
        answer.read(1)
        spent.append(time.perf_counter() - start)
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"MLflow answered {answer.status} to {path}")
    return statistics.median(spent) * 1000


def _end(server: subprocess.Popen[bytes]) -> None:
    """The server and the workers that it has started."""
    import psutil

    mine = psutil.Process(server.pid)
    for process in [*mine.children(recursive=True), mine]:
        process.kill()
    server.wait()
