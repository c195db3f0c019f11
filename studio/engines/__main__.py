"""Write an engine's random-weight miniatures to a folder: ``python -m studio.engines wan FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from studio.errors import StudioError
from studio.plugins import load


def main(arguments: list[str]) -> int:
    """Prints the options that point at the miniatures, ready for studio.toml."""
    if len(arguments) != 2:
        print("usage: python -m studio.engines ENGINE FOLDER", file=sys.stderr)
        return 2
    name, folder = arguments
    try:
        engine = load("engines", name).Engine.tiny(Path(folder).absolute())
    except StudioError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"[engines.{name}]")
    for role, path in engine.weights.items():
        print(f"{role} = {json.dumps(str(path))}")
    for key, value in engine.options.model_dump(exclude_unset=True).items():
        if key not in engine.weights:
            print(f"{key} = {json.dumps(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
