"""Every test works in a workspace of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.config import Workspace


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A fresh workspace that the command line finds too."""
    monkeypatch.setenv("STUDIO_WORKSPACE", str(tmp_path))
    return Workspace(tmp_path)
