"""Every test works in a workspace of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lab import HEARD, Studio, copy_package, wave

from studio.config import Workspace

pytest_plugins = ("browser_lab",)


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A fresh workspace that the command line finds too."""
    monkeypatch.setenv("STUDIO_WORKSPACE", str(tmp_path))
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def studio(package: Path, tmp_path: Path) -> Studio:
    return Studio(package, tmp_path)


@pytest.fixture(scope="session")
def uninterrupted(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The film as it is made when nobody kills anything, by width of the wave."""
    films = {}
    for scenes in ("1", "2"):
        space = tmp_path_factory.mktemp(f"whole-{scenes}")
        films[scenes] = Studio(package, space).make(*HEARD, *wave(scenes), "--name", "film")
    return films


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the viewer's office was asked to start; nothing is."""
    from studio.viewer.office import Office

    asked: list[list[str]] = []
    monkeypatch.setattr(Office, "_start", lambda self, arguments, errors: asked.append(arguments))
    return asked
