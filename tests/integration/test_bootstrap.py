"""The first command on a fresh machine."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import ROOT, Environment

pytestmark = pytest.mark.one_database

WITHOUT_ENSUREPIP = """
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "ensurepip" else real(name, *rest)
"""


def bootstrap(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it as a user does, with a PATH on which there is no uv."""
    return subprocess.run(
        [sys.executable, "bootstrap.py", *words],
        cwd=ROOT,
        env=os.environ | {"PATH": "/usr/bin:/bin"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_an_old_python_can_read_it_and_is_told_what_is_needed() -> None:
    source = (ROOT / "bootstrap.py").read_text()
    tree = ast.parse(source, feature_version=(3, 6))
    docstring, import_sys, check = tree.body[:3]
    assert isinstance(docstring, ast.Expr)
    assert isinstance(import_sys, ast.Import)
    assert ast.unparse(check).startswith("if sys.version_info < (3, 11):")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["up", "now"], "up takes no arguments, not 'now'"),
        (["screenshots", "all"], "screenshots takes no arguments, not 'all'"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "COMMAND"),
    ],
)
def test_a_wrong_command_is_refused_with_status_2(words: list[str], told: str) -> None:
    done = bootstrap(*words)
    assert done.returncode == 2
    assert told in done.stderr


COMMANDS = ["setup", "up", "test", "check", "docs", "screenshots", "lock"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str) -> None:
    done = bootstrap(command, "--help")
    assert done.returncode == 0
    assert f"bootstrap.py {command}" in done.stdout


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("data")
    done = bootstrap("setup", VENV_DIR=str(tmp_path))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "is not a virtual environment: remove it, or set VENV_DIR" in done.stderr
    assert (tmp_path / "precious").exists()


def test_a_python_without_ensurepip_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_ENSUREPIP)
    done = bootstrap("setup", VENV_DIR=str(tmp_path / "venv"), PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_what_is_installed_is_installed_again_only_after_a_change(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # given an environment made from a lock file
    lock = tmp_path / "requirements.txt"
    lock.write_text("# nothing\n")
    environment = Environment(tmp_path / "venv")
    environment.prepare([lock])
    assert "Installing requirements.txt" in capfd.readouterr().err

    # when it is prepared again, then nothing is done
    environment.prepare([lock])
    assert capfd.readouterr().err == ""

    # and when the lock has changed, then it is installed
    lock.write_text("# still nothing\n")
    environment.prepare([lock])
    assert "Installing requirements.txt" in capfd.readouterr().err


def test_an_environment_whose_python_is_gone_is_made_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # given what is left of an environment from which Python was removed
    lock = tmp_path / "requirements.txt"
    lock.write_text("# nothing\n")
    environment = Environment(tmp_path / "venv")
    environment.folder.mkdir()
    (environment.folder / "pyvenv.cfg").touch()

    # when it is prepared
    environment.prepare([lock])

    # then it works again
    assert "again: its Python is gone" in capfd.readouterr().err
    subprocess.run([environment.python, "-c", "import pip"], check=True)
