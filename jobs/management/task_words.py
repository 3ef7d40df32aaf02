"""What `manage.py tasks` says to people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from jobs.domain.wording import relative

Facts = Mapping[str, Any]

BAR_CHARACTERS = 20
#: Of an error or message in one line.
MOST_CHARACTERS = 100
COLUMNS = ("task", "state", "type", "queue", "created", "worker", "error")
#: What `show` tells of a task, beside its attempts.
SHOWN = (
    "task_id",
    "task_type",
    "status",
    "queue",
    "args",
    "kwargs",
    "result",
    "error",
    "progress",
    "retry_count",
    "max_retries",
    "timeout_seconds",
    "created_at",
    "run_after",
    "started_at",
    "finished_at",
    "worker",
    "submitted_by",
)


def queued(task: Facts) -> str:
    """What became of a submit or requeue."""
    return f"{task['task_id']} is {task['status']} on queue {task['priority']}."


def cancelled(task: Facts) -> str:
    """What became of a cancel."""
    done = task["status"] == "revoked"
    return f"{task['task_id']} {'is revoked' if done else 'is being stopped'}."


def listed(tasks: Sequence[Facts]) -> str:
    """A table, a task a line."""
    now = timezone.now()
    rows = [
        (
            task["task_id"],
            task["status"],
            task["task_type"],
            task["queue"],
            relative(datetime.fromisoformat(task["created_at"]), now=now),
            task["worker"] or "",
            task["error"] or "",
        )
        for task in tasks
    ]
    return _table([COLUMNS, *rows]) if rows else "No tasks."


def shown(task: Facts) -> str:
    """A task, a fact a line, and its attempts."""
    facts = [(name, _value(task[name])) for name in SHOWN if task[name] not in (None, "", [], {})]
    attempts = [
        (
            f"attempt {attempt['number']}",
            f"{attempt['outcome']} on {attempt['worker']}"
            + (f": {attempt['error']}" if attempt["error"] else ""),
        )
        for attempt in task["attempts"]
    ]
    return _table([*facts, *attempts], most=None)


def reasons(found: Iterable[Facts]) -> str:
    """A reason a line."""
    return _table([(reason["code"], reason["message"]) for reason in found])


def step(task: Facts) -> str:
    """How a watched task stands, in one line."""
    parts = [task["task_id"], task["task_type"], task["status"]]
    progress = task["progress"] or {}
    if progress.get("percent") is not None:
        full = round(BAR_CHARACTERS * progress["percent"] / 100)
        parts += [f"[{'#' * full:.<{BAR_CHARACTERS}}]", f"{progress['percent']:.0f} %"]
    parts += [progress.get("message") or "", task["error"] or ""]
    return "  ".join(_plain(part) for part in parts if part)


def _value(fact: object) -> str:
    return fact if isinstance(fact, str) else json.dumps(fact, ensure_ascii=False)


def _table(rows: Sequence[Sequence[str]], *, most: int | None = MOST_CHARACTERS) -> str:
    plain = [[_plain(cell, most=most) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in plain
    )


def _plain(text: str, *, most: int | None = MOST_CHARACTERS) -> str:
    """What a task says, in one line that does nothing to a terminal."""
    line = "".join(one if one.isprintable() else " " for one in text)
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"
