"""What an environment is to the recorder: a gymnasium environment with named discrete actions.

A file in this folder is an environment; its class ``Environment`` has, beside gymnasium's own ``reset(seed=…)``,
``step`` and ``metadata["render_fps"]``: ``action_names``. One that knows the truth about its world also has
``state_names`` with ``state_vector()``, ``kinds`` with ``boxes()``, and ``snapshot()`` with ``restore()``. One that can
find its way has ``plan(ahead)``, with ``favours`` and ``reckless`` for the recorder's policies. ``made_of`` names by
hash what may change under the same options (weights, say): then it is another recording. ``shows_the_end`` is False
where the picture after an episode's last step belongs to the next episode already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.errors import BadInput
from studio.plugins import load


def check_action(action: Any, names: Sequence[str]) -> int:
    """``action`` as an int. Raises BadInput that names the choices where it is none of ``names``' indices."""
    try:
        index = int(action)
    except (TypeError, ValueError):
        index = -1
    if index != action or not 0 <= index < len(names):
        choices = ", ".join(f"{i} {name}" for i, name in enumerate(names))
        raise BadInput(f"action {action!r} does not exist; choose from: {choices}")
    return index


def open_environment(name: str, **options: Any) -> Any:
    """The environment of file ``name``. Raises BadInput for an unknown name or a package that is not installed."""
    return load("worlds.envs", name).Environment(**options)
