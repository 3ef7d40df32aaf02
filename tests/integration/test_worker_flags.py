"""The flags that `rqworker` and `rqworker-pool` have from us."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("command", ["rqworker", "rqworker-pool"])
@pytest.mark.parametrize(
    ("flag", "given", "most"),
    [
        ("--threads", "0", 1000),
        ("--threads", "1001", 1000),
        ("--async", "0", 10_000),
        ("--async", "10001", 10_000),
        ("--async", "-1", 10_000),
        ("--async", "2.5", 10_000),
        ("--async", "many", 10_000),
    ],
)
def test_a_bad_number_is_refused_in_one_line(
    command: str, flag: str, given: str, most: int
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", command, "default", f"{flag}={given}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"manage.py {command}: error: argument {flag}: {given!r} is not a whole number "
        f"from 1 to {most}"
    )


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"threads": 2}, "--threads: SimpleWorker knows no threads"),
        ({"async_slots": 2}, "--async: SimpleWorker knows no event loop"),
    ],
)
def test_a_worker_class_that_does_not_know_a_flag_says_so(
    option: dict[str, int], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("rqworker", "default", worker_class="rq.SimpleWorker", **option)
