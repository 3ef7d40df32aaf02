"""Typed, checked reading of environment variables. Standard library only."""

import os


class BadVariable(Exception):
    """An environment variable holds something that is not allowed; the message says all."""

    def __init__(self, name: str, given: str, allowed: str) -> None:
        self.name = name
        super().__init__(f"{name}={given!r} is not allowed: it must be {allowed}")


def text(name: str, default: str = "") -> str:
    """The variable, or the default when it is unset or empty."""
    return os.environ.get(name, "") or default


def required(name: str, why: str) -> str:
    """The variable; unset or empty is refused with the reason."""
    value = text(name)
    if not value:
        raise BadVariable(name, "", f"set ({why})")
    return value


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
