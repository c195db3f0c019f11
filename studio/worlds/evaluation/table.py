"""The report as tables: a row a score, a column a model, and beside the models what they must beat and cannot pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studio.worlds.evaluation.seeds import identity

Row = dict[str, Any]
WIDE = 200
"""Columns of text where no terminal says how many it has."""


@dataclass(frozen=True)
class Table:
    """``title``; ``head``: names of columns; ``rows``: as many texts each; ``notes`` below."""

    title: str
    head: list[str]
    rows: list[list[str]]
    notes: list[str]


def tables(report: dict[str, Any]) -> list[Table]:
    """A table a measure, world models before codecs."""
    found = []
    for kind in ("world_model", "codec"):
        results = [result for result in report["results"] if result["kind"] == kind]
        if not results:
            continue
        columns = _columns(results, [s for s in report["seeds"] if s["kind"] == kind])
        for measure in dict.fromkeys(row["measure"] for result in results for row in result["rows"]):
            found.append(_table(measure, columns))
        notes = sorted({f"{name} is left out: {why}" for r in results for name, why in r["left_out"].items()})
        if notes:
            found.append(Table("", [], [], notes))
    return found


def _columns(results: list[dict[str, Any]], seeds: list[dict[str, Any]]) -> dict[str, dict[tuple[Any, ...], Row]]:
    """Rows by what they tell, by name of column. Models that differ by seed alone share one column."""
    summed = {label for summary in seeds for label in summary["labels"]}
    shown = [r for r in results if r["label"] not in summed and r["label"] != "references"] + seeds
    shown = [result for result in shown if result["label"] != "copy_last"]  # it has its column anyway
    columns = {result["label"]: _of(result, "model") for result in shown}
    references = [result for result in results if result["label"] == "references"]
    columns["copy last frame"] = _of(references[0], "copy_last")
    floors = {result["label"]: _of(result, "floor") for result in shown}
    floors = {label: rows for label, rows in floors.items() if rows}
    values = {label: [row["value"] for row in rows.values()] for label, rows in floors.items()}
    alike = len({str(each) for each in values.values()}) <= 1
    for label, rows in floors.items():
        columns["autoencoder floor" if alike else f"autoencoder floor of {label}"] = rows
    if not floors:
        columns["autoencoder floor"] = {}
    return columns | {"real against real": _of(references[0], "real")}


def _of(result: dict[str, Any], column: str) -> dict[tuple[Any, ...], Row]:
    return {identity(row): row for row in result["rows"] if row["column"] == column and row["listed"]}


def _table(measure: str, columns: dict[str, dict[tuple[Any, ...], Row]]) -> Table:
    told = {key: row for rows in columns.values() for key, row in rows.items() if row["measure"] == measure}
    parts = list(dict.fromkeys(row["part"] for row in told.values()))
    scores = list(dict.fromkeys(row["score"] for row in told.values()))
    order = sorted(
        told, key=lambda k: (parts.index(told[k]["part"]), scores.index(told[k]["score"]), told[k]["horizon"] or 0)
    )
    rows = []
    for key in order:
        row = told[key]
        name = f"{row['score']}, {row['unit']}" if row["unit"] else row["score"]
        cells = [_cell(rows.get(key)) for rows in columns.values()]
        rows.append([name, row["part"], "" if row["horizon"] is None else str(row["horizon"]), *cells])
    return Table(measure.replace("_", " "), ["score", "of", "horizon", *columns], rows, [])


def _cell(row: Row | None) -> str:
    if row is None or row["value"] is None:
        return "–"
    value = _figure(row["value"])
    if row["low"] is None:
        return value
    low, high = _figure(row["low"]), _figure(row["high"])
    return value if low == value == high else f"{value} [{low}, {high}]"


def _figure(value: float) -> str:
    if abs(value) >= 1:
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{value:.3f}" if abs(value) >= 0.02 or value == 0 else f"{value:.2g}"


def markdown(found: list[Table]) -> str:
    """For docs/worlds.md."""
    blocks = []
    for table in found:
        lines = [f"### {table.title}", ""] if table.title else []
        if table.head:
            lines += [_line(table.head), _line(["---"] * len(table.head)), *map(_line, table.rows)]
        lines += [f"- {note}" for note in table.notes]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def show(found: list[Table]) -> None:
    """On the terminal."""
    from rich.console import Console
    from rich.table import Table as RichTable

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    for table in found:
        if table.head:
            drawn = RichTable(title=table.title, title_justify="left")
            for name in table.head:
                drawn.add_column(name)
            for row in table.rows:
                drawn.add_row(*row)
            console.print(drawn)
        for note in table.notes:
            console.print(note, style="dim", markup=False)
