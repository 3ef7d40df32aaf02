"""The README's commands work as they stand."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import running_stack

pytestmark = [pytest.mark.acceptance, pytest.mark.one_database]

ROOT = Path(__file__).resolve().parent.parent.parent
#: Cancelling or requeueing a task that has already ended well is refused, with the reason.
EXPECTED = {200, 202, 404, 409}


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl found")
def test_the_curl_lines_of_the_readme_are_answered() -> None:
    # given a stack as the README starts it, and its lines in order
    text = (ROOT / "README.md").read_text()
    commands = re.findall(r"^curl (?:[^\n']|'[^']*')*", text, re.MULTILINE)
    assert len(commands) == 6
    few = {"WORKERS_HIGH": "1", "WORKERS_DEFAULT": "1", "WORKERS_LOW": "1"}
    with running_stack(**few) as stack:
        task_id = "TASK_ID"
        for command in commands:
            # when one is typed
            typed = command.replace("localhost:8000", stack.url).replace("TASK_ID", task_id)
            typed = typed.replace("curl ", r"curl -w '\n%{http_code}' ", 1)
            done = subprocess.run(
                ["bash", "-c", typed], capture_output=True, text=True, check=True, timeout=30
            )

            # then the answer is JSON, and no error of ours
            body, _, status = done.stdout.rpartition("\n")
            assert int(status) in EXPECTED, (command, done.stdout)
            task_id = json.loads(body).get("task_id", task_id)
        assert task_id != "TASK_ID"
