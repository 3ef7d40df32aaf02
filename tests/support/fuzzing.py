"""Schemathesis, let loose on a running site."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
_GENERATED = re.compile(r"^\s*([\d,]+) generated", re.MULTILINE)


def known(dictionary: str) -> list[str]:
    """The values of a dictionary of the configuration."""
    values: list[str] = tomllib.loads(CONFIGURATION.read_text())["dictionaries"][dictionary][
        "values"
    ]
    return values


def fuzz(url: str, token: str, *, most_per_call: int, seed: int, folder: Path) -> int:
    """Call everything that the description has, by every check; gives the number of cases.

    Fails with what Schemathesis found. What it leaves behind is in `folder`.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--no-color",
            "--config-file",
            str(CONFIGURATION),
            "run",
            f"{url}/api/schema",
            f"--max-examples={most_per_call}",
            f"--seed={seed}",
            "--continue-on-failure",
            "--request-timeout=60",
            "--suppress-health-check=all",
            "--generation-database=none",
        ],
        cwd=folder,
        env=os.environ | {"FUZZ_TOKEN": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"seed {seed}:\n{done.stdout}"
    (count,) = _GENERATED.findall(done.stdout)
    return int(count.replace(",", ""))
