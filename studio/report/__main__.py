"""python -m studio.report docs/report.schema.json     write the report's JSON schema"""

from __future__ import annotations

import sys
from pathlib import Path

from studio.report.schema import schema_text

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
