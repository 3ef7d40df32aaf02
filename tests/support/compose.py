"""The services of docker-compose.yml, started on this machine as the containers would be."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")


def compose_file() -> Any:
    """The file, with anchors and merges resolved and every variable at its default."""
    return _at_defaults(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def _at_defaults(value: Any) -> Any:
    """As Compose does, in the texts of the parsed file."""
    match value:
        case dict():
            return {key: _at_defaults(item) for key, item in value.items()}
        case list():
            return [_at_defaults(item) for item in value]
        case str():
            text = VARIABLE.sub(lambda found: found.group(2), value)
            assert "${" not in text, "only ${NAME:-default} is used"
            return text
    return value


class Container:
    """One service's command with its environment, the addresses of other containers replaced."""

    def __init__(
        self, name: str, service: dict[str, Any], places: dict[str, str], log_folder: Path
    ) -> None:
        self.name = name
        self._service = service
        declared = {key: str(value) for key, value in service["environment"].items()}
        assert places.keys() <= declared.keys() | {"HOST", "PORT"}
        self._environment = (
            declared
            | {key: places[key] for key in places if key in declared}
            | {
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "ENV_FILE": os.devnull,
            }
        )
        self.log_file = log_folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the service's command."""
        words = self._service["command"]
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [word.replace("$$", "$") for word in words],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def is_healthy(self) -> bool:
        """What its health check says; a container that has ended is an error."""
        assert self.process is not None
        assert self.process.poll() is None, self.log_file.read_text()
        kind, *command = self._service["healthcheck"]["test"]
        assert kind == "CMD"
        checked = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, check=False, timeout=30
        )
        return checked.returncode == 0

    def stop(self) -> int:
        """As `docker stop`: SIGTERM, and the grace the file gives."""
        assert self.process is not None
        self.process.terminate()
        grace = float(self._service["stop_grace_period"].removesuffix("s"))
        return self.process.wait(timeout=grace)

    def kill(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
