"""What the README shows is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_python_in_the_readme_runs(tmp_path: Path) -> None:
    # given the example, as a module of a user's project
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    declaration, _, call = example.rpartition("\n\n\n")
    (tmp_path / "readme_example.py").write_text(declaration)

    # when it is imported in that project
    program = (
        "import django; django.setup(); from readme_example import send_welcome as t;"
        "print(t.queue_name, t.max_retries, t.backoff.first_seconds)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    # then it is the task type that it says it is
    assert done.stdout == "high 5 1\n", done.stderr
    assert call.startswith("send_welcome.enqueue(user_id=42)")
