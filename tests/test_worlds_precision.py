"""bfloat16 only where the device has it, said where it has not, and no training that goes on in other numbers."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from worlds_lab import SMALL, squares

from studio.errors import BadInput
from studio.worlds.training import precision, train
from studio.worlds.training.small import Plan, fit_small

torch.set_num_threads(1)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return squares(tmp_path_factory.mktemp("data"))


def cpu_with(monkeypatch: pytest.MonkeyPatch, *instructions: str) -> None:
    told = MappingProxyType(
        {"avx2": True, "avx512_bf16": False, "architecture": "x86_64"} | dict.fromkeys(instructions, True)
    )
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told)


@pytest.mark.parametrize("instruction", ["avx512_bf16", "amx_bf16", "bf16"])
def test_a_cpu_has_bfloat16_by_its_instructions_alone(instruction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cpu_with(monkeypatch, instruction)
    assert precision.effective("bf16", CPU) == "bf16"
    cpu_with(monkeypatch, "avx512_f")
    said: list[str] = []
    assert precision.effective("bf16", CPU, said.append) == "no"
    assert said == ["WARNING: bf16 was asked for, but this CPU has no instructions for it: float32 instead"]
    assert precision.effective("no", CPU, said.append) == "no" and len(said) == 1


def test_a_torch_that_cannot_tell_and_an_emulating_gpu_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not precision.has_bfloat16(CPU)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert not precision.has_bfloat16(torch.device("cuda"))


def settings(out: Path) -> dict[str, Any]:
    return json.loads((out / "pixel_film" / "settings.json").read_text())


def test_a_preset_in_bf16_trains_in_float32_where_there_is_none_and_keeps_to_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu_with(monkeypatch)
    plain = train.train("pixel_film", data, tmp_path / "plain", precision="no", **SMALL)
    said: list[str] = []
    made = train.train("pixel_film", data, tmp_path / "asked", precision="bf16", say=said.append, **SMALL)
    assert said[0].startswith("WARNING: bf16 was asked for") and made.read_bytes() == plain.read_bytes()
    told, other = settings(tmp_path / "asked"), settings(tmp_path / "plain")
    assert told["schedule"]["precision"] == "no" and (told["precision_asked"], other["precision_asked"]) == (
        "bf16",
        "no",
    )
    assert told["identity"] == other["identity"]

    cpu_with(monkeypatch, "avx512_bf16")
    with pytest.raises(BadInput, match=r"asked/pixel_film holds a training in float32, .* cannot go on in bfloat16"):
        train.train("pixel_film", data, tmp_path / "asked", precision="bf16", **SMALL)
    assert settings(tmp_path / "asked") == told  # a refused training writes over nothing
    train.train("pixel_film", data, tmp_path / "asked", precision="no", **SMALL)


def test_a_training_in_bf16_does_not_go_on_without(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cpu_with(monkeypatch, "avx512_bf16")
    train.train("pixel_film", data, tmp_path, precision="bf16", **SMALL)
    assert settings(tmp_path)["schedule"]["precision"] == "bf16"
    cpu_with(monkeypatch)
    with pytest.raises(BadInput, match=r"a training in bfloat16, which cannot go on in float32 .*another --out"):
        train.train("pixel_film", data, tmp_path, precision="bf16", **SMALL)
    with pytest.raises(BadInput, match="other settings or data"):
        train.train("pixel_film", data, tmp_path, precision="bf16", **{**SMALL, "rate": 0.1})


class Numbers:
    """Windows of four numbers."""

    def __len__(self) -> int:
        return 16

    def batch(self, windows: list[int]) -> Tensor:
        """float [B, 4]."""
        return torch.tensor(np.array(windows, np.float32))[:, None].expand(-1, 4) / 16


def test_small_networks_are_fitted_in_what_the_cpu_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.dtype] = []

    def losses(network: nn.Module, batch: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        made = network(batch)
        seen.append(made.dtype)
        return {"loss": made.float().square().mean()}

    def fit(folder: Path) -> list[str]:
        said: list[str] = []
        fit_small(nn.Linear(4, 1), losses, Numbers(), Numbers(), folder, "id", Plan(2, 2, save_every=5), said.append)
        return said

    cpu_with(monkeypatch)
    assert fit(tmp_path / "plain")[0].startswith("WARNING: bf16") and seen[0] == torch.float32
    cpu_with(monkeypatch, "amx_bf16")
    seen.clear()
    assert not fit(tmp_path / "half")[0].startswith("WARNING") and seen[0] == torch.bfloat16
    with pytest.raises(BadInput, match="holds a training in float32"):
        fit(tmp_path / "plain")
    cpu_with(monkeypatch)
    with pytest.raises(BadInput, match="holds a training in bfloat16"):
        fit(tmp_path / "half")
