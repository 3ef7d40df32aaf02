"""`.env.example` and the code tell the same story."""

import ast
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from jobs.conf import Conf, allowed_in_words
from taskqueue_site import variables
from taskqueue_site.variable_kinds import Variable
from taskqueue_site.variables import SECTIONS

ROOT = Path(__file__).resolve().parent.parent.parent
READERS = {"text", "one_of", "folder", "integer", "number", "flag", "words"}
DECLARATIONS = {"variables.py", "variable_kinds.py"}
OTHER_MODULES = [
    path for path in (ROOT / "taskqueue_site").rglob("*.py") if path.name not in DECLARATIONS
]
DECLARED = {variable.name: variable for one in SECTIONS.values() for variable in one}


def documented() -> dict[str, str]:
    """Name -> the default that `.env.example` shows."""
    text = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^#([A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_every_variable_that_is_declared_is_told() -> None:
    declared = {one.name for one in vars(variables).values() if isinstance(one, Variable)}
    assert set(documented()) == set(DECLARED) == declared


@pytest.mark.parametrize("path", OTHER_MODULES, ids=lambda path: path.stem)
def test_no_variable_is_read_beside_its_declaration(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env"), attr=reader)):
                assert reader not in READERS, f"line {node.lineno}: declare it in variables.py"


@pytest.mark.parametrize(
    "variable", [one for one in DECLARED.values() if not one.meaning], ids=lambda one: one.name
)
def test_a_variable_that_sets_a_key_of_jobs_allows_what_the_key_does(
    variable: Variable[Any],
) -> None:
    (key,) = (item for item in fields(Conf) if item.name.upper() == variable.name)
    assert variable.default == key.default
    if key.metadata:
        allowed = allowed_in_words(type(key.default), key.metadata)
        assert variable.allowed == allowed.replace(",", "")


def test_the_defaults_that_are_shown_are_those_of_the_code(tmp_path: Path) -> None:
    # given an environment that says nothing, and one that says each default
    program = (
        "from django.conf import settings; from taskqueue_site.up.options import read_options;"
        "o = read_options();"
        "print([o.host, o.port, o.workers, settings.JOBS, settings.WEB_PROCESSES,"
        "settings.WEB_THREADS, settings.DASHBOARD, settings.ALLOWED_HOSTS, settings.LOG_LEVEL,"
        "settings.CSRF_TRUSTED_ORIGINS, settings.DEBUG])"
    )
    unsaid = {"DATABASE_URL", "REDIS_URL", "DATA_DIR", "STATIC_ROOT", "HTTPS"}
    unsaid |= {"SECRET_KEY", "SECRET_KEY_FILE"}
    defaults = {name: value for name, value in documented().items() if name not in unsaid}
    assert len(defaults) >= 15
    bare = {k: v for k, v in os.environ.items() if k not in documented()}
    bare |= {"DATA_DIR": str(tmp_path), "ENV_FILE": os.devnull}
    bare["DJANGO_SETTINGS_MODULE"] = defaults["DJANGO_SETTINGS_MODULE"]

    # when both are read
    answers = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for environment in (bare, bare | defaults)
    ]

    # then they say the same
    assert answers[0] == answers[1]


def test_an_example_with_every_default_in_force_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(re.sub(r"^#([A-Z_]+=)", r"\1", text, flags=re.MULTILINE))
    program = "from pathlib import Path; from taskqueue_site import env; env.read_file(Path())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "ENV_FILE"} | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
