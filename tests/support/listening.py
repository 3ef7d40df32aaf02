"""Receivers of Django's signals of tasks, which leave lines in a file for each task."""

from pathlib import Path
from typing import Any

from jobs.compat import task_finished, task_started

#: The variable that names the folder for the files; without it nobody listens.
LISTENING = "TEST_LISTENING"


def connect(folder: Path) -> None:
    """Listen in this process, and those it forks; one more receiver always fails."""

    def note(word: str, task_result: Any) -> None:
        with (folder / task_result.id).open("a") as file:
            file.write(f"{word} {task_result.status.value} {task_result.attempts}\n")

    def started(task_result: Any, **_: Any) -> None:
        note("started", task_result)

    def finished(task_result: Any, **_: Any) -> None:
        note("finished", task_result)

    def broken(**_: Any) -> None:
        raise RuntimeError("a receiver's own fault")

    task_started.connect(broken)
    task_started.connect(started, weak=False)
    task_finished.connect(finished, weak=False)


def heard(folder: Path, task_id: object) -> list[str]:
    """The lines of one task."""
    path = folder / str(task_id)
    return path.read_text().splitlines() if path.exists() else []
