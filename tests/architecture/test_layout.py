"""The shape of the code: small files, imports that point down, no drawers for odds and ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_FILE = 300
VAGUE = {"utils", "util", "helpers", "helper", "common", "constants", "misc"}
PLACES = ("jobs", "dashboard", "taskqueue_site", "tests", "benchmarks", "docs")
SOURCES = sorted(
    path.relative_to(ROOT)
    for place in PLACES
    for path in (ROOT / place).rglob("*")
    if path.suffix in {".py", ".html", ".js", ".css"}
    and not {"migrations", "vendor", "__pycache__"} & set(path.parts)
)


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 100


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_file_is_small_and_named_for_what_it_holds(path: Path) -> None:
    assert len((ROOT / path).read_text().splitlines()) <= LONGEST_FILE
    assert not VAGUE & {*path.with_suffix("").parts}


def test_imports_point_down() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    checked = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
