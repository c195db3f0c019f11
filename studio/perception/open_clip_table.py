"""Where open_clip's pretrained weights are kept, read from its source: importing it would import torch."""

from __future__ import annotations

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def repository(model: str, tag: str) -> str:
    """Id of the repository that holds ``tag`` of ``model``; empty where open_clip lists none."""
    return _table().get(model, {}).get(tag, "")


@cache
def _table() -> dict[str, dict[str, str]]:
    """Model -> tag -> repository, of ``_PRETRAINED`` in ``open_clip/pretrained.py``."""
    spec = find_spec("open_clip")
    assert spec and spec.origin
    tree = ast.parse((Path(spec.origin).parent / "pretrained.py").read_text(encoding="utf-8"))
    assigned = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    listed = assigned["_PRETRAINED"]
    assert isinstance(listed, ast.Dict)
    found = {}
    for key, value in zip(listed.keys, listed.values, strict=True):
        assert isinstance(key, ast.Constant)
        found[str(key.value)] = _tags(assigned[value.id] if isinstance(value, ast.Name) else value)
    return found


def _tags(node: ast.expr) -> dict[str, str]:
    """Tag -> repository of ``dict(tag=_pcfg(…, hf_hub="…"), …)``."""
    assert isinstance(node, ast.Call)
    tags = {}
    for entry in node.keywords:
        options = entry.value.keywords if isinstance(entry.value, ast.Call) else []
        for option in options:
            if option.arg == "hf_hub" and entry.arg and isinstance(option.value, ast.Constant):
                # "owner/name/", or "owner/name/file" where the repository holds several.
                tags[entry.arg] = "/".join(str(option.value.value).split("/")[:2])
    return tags
