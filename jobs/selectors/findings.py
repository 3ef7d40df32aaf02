"""What a check of the installation has found."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is; only an error makes `manage.py doctor` fail."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `mend` says what to do about it."""

    check: str
    level: Level
    message: str
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """The same as plain types."""
        return asdict(self)
