"""`python -m tests.checks`: every gate, in order, and a list of those that failed.

Words after it go to the test run.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

#: Enough for Django to start without the environment of a real place.
DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "taskqueue_site.settings.development"}
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "taskqueue_site.settings.production",
    "SECRET_KEY": "only-for-this-check-" + os.urandom(32).hex(),
    "ALLOWED_HOSTS": "tasks.example.org",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}

COMPILE_TEMPLATES = """
import django, sys
from pathlib import Path
django.setup()
from django.template import engines
names = [path.relative_to(folder).as_posix()
         for app in ("jobs", "dashboard", "taskqueue_site")
         for folder in [Path(app) / "templates"]
         for path in folder.rglob("*") if path.is_file()]
for name in names:
    engines["django"].get_template(name)
print(len(names), "templates compile")
"""


def manage(*words: str) -> list[str]:
    """A management command."""
    return [sys.executable, "manage.py", *words]


def gates(words: list[str]) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Name -> command and what its environment adds."""
    schema = ["--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    return {
        "format": ([f"{BIN}/ruff", "format", "--check", "."], {}),
        "lint": ([f"{BIN}/ruff", "check", "."], {}),
        "types": ([f"{BIN}/mypy"], DEVELOPMENT),
        "import contracts": ([f"{BIN}/lint-imports", "--no-cache"], DEVELOPMENT),
        "templates": ([sys.executable, "-c", COMPILE_TEMPLATES], DEVELOPMENT),
        "migrations in step": (manage("makemigrations", "--check", "--dry-run"), DEVELOPMENT),
        "production settings": (
            manage("check", "--deploy", "--fail-level", "WARNING"),
            PRODUCTION,
        ),
        "compose file": ([f"{BIN}/check-jsonschema", *schema], {}),
        "tests": ([sys.executable, "-m", "tests", *words], {}),
    }


def main(words: list[str]) -> int:
    """Run every gate, also after one has failed; 0 when all passed."""
    failed = []
    with tempfile.TemporaryDirectory() as data_folder:
        for name, (command, environment) in gates(words).items():
            sys.stdout.write(f"\n=== {name} ===\n")
            sys.stdout.flush()
            began = time.monotonic()
            variables = os.environ | {"DATA_DIR": data_folder} | environment
            if subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode:
                failed.append(name)
            sys.stdout.write(f"({time.monotonic() - began:.1f} s)\n")
    sys.stdout.write(f"\nFAILED: {', '.join(failed)}\n" if failed else "\nEvery check passed.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
