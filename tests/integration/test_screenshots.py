"""The command that photographs the pages."""

import os
import subprocess
import sys

import pytest

from tests.support.workers import ROOT

pytestmark = pytest.mark.one_database


def test_without_a_browser_it_says_so_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.screenshots"],
        cwd=ROOT,
        env=os.environ | {"CHROMIUM": "/nowhere/chromium"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "make screenshots: CHROMIUM is '/nowhere/chromium', which is no program\n"
    )
