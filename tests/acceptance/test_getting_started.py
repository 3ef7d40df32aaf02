"""The walk through docs/getting-started.md leads where the page says, in a fresh project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import ROOT, blocks

pytestmark = [pytest.mark.acceptance, pytest.mark.one_database]

PAGE = "docs/getting-started.md"


def test_the_walk_leads_where_the_page_says(tmp_path: Path) -> None:
    # given a project as startproject makes it, an app, and the page's files in it
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "mysite.settings",
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )

    started = run("django", "startproject", "mysite", ".", "--settings=")
    assert started.returncode == 0, started.stderr
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    for language, text in blocks(PAGE):
        if language == "python":
            name, _, rest = text.removeprefix("# ").partition("\n")
            with (tmp_path / name).open("a") as file:
                file.write(f"\n\n{rest}")

    # when somebody does what it says, line by line
    done = run("tests.support.walk", PAGE)

    # then it answers as it says
    assert done.returncode == 0, done.stdout + done.stderr
