"""The benchmark beside the field: its architectures have the sizes that it says, and its rows can be compared."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch

PATH = Path(__file__).parent.parent / "benchmarks" / "worlds.py"
torch.set_num_threads(1)


@pytest.fixture(scope="module")
def field() -> Any:
    spec = importlib.util.spec_from_file_location("benchmark_worlds", PATH)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_field_s_architectures_have_the_sizes_that_are_described(field: Any) -> None:
    with torch.device("meta"):
        sizes = {name: built(False)[0] for name, built in (("unet-3", field.unet), ("dit-10", field.dit))}
    millions = {name: sum(p.numel() for p in model.parameters()) / 1e6 for name, model in sizes.items()}
    assert millions == {"unet-3": pytest.approx(4.4, rel=0.02), "dit-10": pytest.approx(256, rel=0.02)}


def test_rows_are_measured_and_set_beside_ours(field: Any) -> None:
    rows = [field.measure(name, True) for name in ("latent_flow-2", "latent_flow-4", "unet-3", "dit-10")]
    assert all(row["latency_ms"] > 0 and row["fps"] > 0 and row["parameters"] > 0 for row in rows)
    field.compare(rows)
    ours = next(row for row in rows if row["model"] == field.AGAINST)
    assert ours["times_slower"] == ours["times_parameters"] == 1.0
    lines = field.table(rows).splitlines()
    assert len(lines) == 2 + len(rows) and all(line.count("|") == lines[0].count("|") for line in lines)


def test_times_are_brought_to_the_same_calibration(field: Any) -> None:
    told = {"size": "8x8", "parameters": 1, "memory_mb": 1.0}
    rows = [{"model": n, "latency_ms": ms, "gflops": g, **told} for n, ms, g in (("a", 10.0, 80.0), ("b", 20.0, 40.0))]
    field.compare(rows)
    assert rows[0]["calibrated_ms"] == pytest.approx(rows[1]["calibrated_ms"])
