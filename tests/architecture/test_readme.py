"""What the README shows is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


@pytest.mark.parametrize("page", PAGES)
def test_links_into_the_repository_lead_somewhere(page: str) -> None:
    links = re.findall(r"(?<!!)\[[^]]*]\(([^)#]+)\)", (ROOT / page).read_text())
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_pictures_that_are_shown_are_there(page: str) -> None:
    pictures = re.findall(r"!\[[^]]+]\(([^)]+)\)", (ROOT / page).read_text())
    assert [picture for picture in pictures if not (ROOT / picture).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_that_are_named_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / page).read_text(), re.MULTILINE))
    assert named <= targets


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
        timeout=30,
    )

    # then it is the task type that it says it is
    assert done.stdout == "high 5 1\n", done.stderr
    assert call.startswith("send_welcome.enqueue(user_id=42)")
