"""Typed, checked reading of environment variables. Standard library only."""

import os
import shlex
from collections.abc import Collection
from pathlib import Path


class BadVariable(Exception):
    """An environment variable holds something that is not allowed; the message says all."""

    def __init__(self, name: str, given: str, allowed: str) -> None:
        self.name = name
        super().__init__(f"{name}={given!r} is not allowed: it must be {allowed}")


def read_file(root: Path) -> None:
    """Set what a `.env` file in the project's root says; what the environment has already wins.

    ENV_FILE names another file. Lines are `NAME=value`, the value in quotes or not; empty lines
    and those that begin with # say nothing.
    """
    path = root / os.environ.get("ENV_FILE", ".env")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for number, line in enumerate(lines, start=1):
        name, equals, given = line.removeprefix("export ").partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not name.strip().isidentifier():
            raise BadVariable(f"{path.name}, line {number}", line, "NAME=value, or begin with #")
        os.environ.setdefault(name.strip(), _unquoted(given))


def _unquoted(given: str) -> str:
    """The value without its quotes and the remark after it."""
    try:
        return " ".join(shlex.split(given, comments=True))
    except ValueError:  # a lone quote is part of the value
        return given.strip()


def text(name: str, default: str = "") -> str:
    """The variable, or the default when it is unset or empty."""
    return os.environ.get(name, "") or default


def required(name: str, why: str) -> str:
    """The variable; unset or empty is refused with the reason."""
    value = text(name)
    if not value:
        raise BadVariable(name, "", f"set ({why})")
    return value


def secret(name: str, why: str) -> str:
    """A required text that `NAME` holds, or the file that `NAME_FILE` names."""
    path = text(f"{name}_FILE")
    if text(name) or not path:
        return required(name, why)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        allowed = f"a file that can be read ({error.strerror})"
        raise BadVariable(f"{name}_FILE", path, allowed) from None


def one_of(name: str, default: str, choices: Collection[str]) -> str:
    """One of the choices, in upper or lower case; gives it in upper case."""
    value = text(name, default).upper()
    if value not in choices:
        raise BadVariable(name, text(name), f"one of {', '.join(choices)}")
    return value


def folder(name: str, default: Path) -> Path:
    """An absolute path to a folder in which we may write; it is made when it is missing."""
    path = Path(text(name, str(default))).expanduser().absolute()
    allowed = "a folder in which this user may write"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadVariable(name, str(path), f"{allowed} ({error.strerror})") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise BadVariable(name, str(path), allowed)
    return path


def integer(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """A whole number within the bounds."""
    given = text(name, str(default))
    allowed = f"a whole number from {minimum} to {maximum}"
    try:
        value = int(given)
    except ValueError:
        raise BadVariable(name, given, allowed) from None
    if not minimum <= value <= maximum:
        raise BadVariable(name, given, allowed)
    return value


def number(name: str, default: float, *, minimum: float, maximum: float) -> float:
    """A decimal number within the bounds."""
    given = text(name, str(default))
    allowed = f"a number from {minimum:g} to {maximum:g}"
    try:
        value = float(given)
    except ValueError:
        raise BadVariable(name, given, allowed) from None
    if not minimum <= value <= maximum:
        raise BadVariable(name, given, allowed)
    return value


def flag(name: str, *, default: bool) -> bool:
    """1/true/yes/on or 0/false/no/off."""
    given = text(name, "1" if default else "0").lower()
    if given in {"1", "true", "yes", "on"}:
        return True
    if given in {"0", "false", "no", "off"}:
        return False
    raise BadVariable(name, given, "1 or 0 (true/false, yes/no, on/off)")


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list, without empty items."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)
