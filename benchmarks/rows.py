"""From readings to the rows of the JSON file, and from these to tables."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.figures import Figure, Reading

Row = Mapping[str, Any]


def row(figure: Figure, database: str, readings: Sequence[Reading], *, machine: str) -> Row:
    """What one figure came to: medians over the runs, and the ratio to its nearest limit.

    A ratio of 1 is the limit itself, below 1 is short of it: value / limit for what should be
    high, limit / value for what should be low. It is the median of the runs' own ratios.
    """
    values = [reading.value for reading in readings]
    limits = {
        name: statistics.median(reading.limits[name] for reading in readings)
        for name in readings[0].limits
    }
    nearest = (max if figure.lower_is_better else min)(limits, key=lambda name: limits[name])
    ratios = [_ratio(figure, reading.value, reading.limits[nearest]) for reading in readings]
    value = statistics.median(values)
    aim = figure.aims.get(database)
    return {
        "name": figure.name,
        "database": database,
        "value": _rounded(value),
        "unit": figure.unit,
        "runs": [_rounded(each) for each in values],
        "spread": [_rounded(min(values)), _rounded(max(values))],
        "aim": aim,
        "reached": None if aim is None else _ratio(figure, value, aim) >= 1,
        "limit": _rounded(limits[nearest]),
        "limit_name": nearest,
        "limits": {name: _rounded(limit) for name, limit in limits.items()},
        "ratio_to_limit": _rounded(statistics.median(ratios)),
        "peer": None,
        "machine": machine,
    }


def line(row: Row) -> str:
    """A row as one line of the terminal."""
    low, high = map(shown, row["spread"])
    parts = [f"{row['name']:23} {row['database'] or '-':11} {shown(row['value']):>10} "]
    parts.append(f"{row['unit']:8} ({low} to {high})")
    if row["peer"] is not None:
        parts = [f"{row['name']:13} {row['peer']:34} {row['database'] or 'no database':11} "]
        parts.append(f"{shown(row['value']):>10} {row['unit']:8} ({low} to {high})")
        parts.append(_times(row))
    if row.get("aim") is not None:
        parts.append(f"; aim {shown(row['aim'])}{'' if row['reached'] else ' MISSED'}")
    if row.get("limit") is not None:
        parts.append(
            f"; {shown(row['ratio_to_limit'])} of {row['limit_name']} {shown(row['limit'])}"
        )
    return "".join(parts).rstrip()


def markdown(rows: Iterable[Row]) -> str:
    """The tables of docs/benchmarks.md."""
    rows = list(rows)
    own = [row for row in rows if row["peer"] is None]
    others = [row for row in rows if row["peer"] is not None]
    machines = dict.fromkeys(row["machine"] for row in rows)
    parts = ["\n".join(f"Machine: {machine}." for machine in machines)]
    if own:
        head = ("measure", "database", "value", "spread", "aim", "bare limit", "ratio")
        parts.append(_table(head, map(_own_cells, own)))
    if others:
        head = ("measure", "queue", "its database", "value", "spread", "ours / theirs")
        parts.append(_table(head, map(_peer_cells, others)))
    return "\n\n".join(parts)


def shown(number: float) -> str:
    """A number with the digits that mean something."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _own_cells(row: Row) -> list[str]:
    aim = "" if row["aim"] is None else shown(row["aim"]) + ("" if row["reached"] else " (missed)")
    return [
        row["name"],
        row["database"],
        f"{shown(row['value'])} {row['unit']}",
        " to ".join(map(shown, row["spread"])),
        aim,
        f"{row['limit_name']} {shown(row['limit'])}",
        shown(row["ratio_to_limit"]),
    ]


def _peer_cells(row: Row) -> list[str]:
    return [
        row["name"],
        row["peer"],
        row["database"] or "none",
        f"{shown(row['value'])} {row['unit']}",
        " to ".join(map(shown, row["spread"])),
        _times(row).strip(" ;"),
    ]


def _times(row: Row) -> str:
    ratios = row["ours_over_theirs"].items()
    return "; " + ", ".join(f"{shown(ratio)} x ({database})" for database, ratio in ratios)


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _ratio(figure: Figure, value: float, other: float) -> float:
    low, high = (other, value) if not figure.lower_is_better else (value, other)
    return high / max(low, 1e-9)


def _rounded(number: float) -> float:
    return round(number, 4 if abs(number) < 10 else 2)
