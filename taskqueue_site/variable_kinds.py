"""What an environment variable can be, and how each kind is read. Standard library only."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from taskqueue_site import env

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Generic[T]):
    """One variable, and how it is read."""

    name: str
    meaning: str
    """In words; empty when it sets the key of `settings.JOBS` that has its name."""
    allowed: str
    default: T
    shown: str
    """The default, or an example where that depends on the place, as a file would spell it."""
    without: str = ""
    """What holds without it, in words, where the default alone does not tell."""
    reader: Callable[[T], T]
    """Reads it, given a default. Raises BadVariable."""

    def read(self, default: T | None = None) -> T:
        """What the environment says, else the default. Raises BadVariable if it is not allowed."""
        return self.reader(self.default if default is None else default)


def text(
    name: str, meaning: str, *, allowed: str, default: str = "", shown: str = "", without: str = ""
) -> Variable[str]:
    """A text."""
    return Variable(
        name=name,
        meaning=meaning,
        allowed=allowed,
        default=default,
        shown=shown or default,
        without=without,
        reader=partial(env.text, name),
    )


def integer(
    name: str, meaning: str, *, default: int, minimum: int, maximum: int, without: str = ""
) -> Variable[int]:
    """A whole number."""
    return Variable(
        name=name,
        meaning=meaning,
        allowed=f"a whole number from {minimum} to {maximum}",
        default=default,
        shown=str(default),
        without=without,
        reader=lambda default: env.integer(name, default, minimum=minimum, maximum=maximum),
    )


def number(
    name: str, meaning: str = "", *, default: float, minimum: float, maximum: float
) -> Variable[float]:
    """A decimal number."""
    return Variable(
        name=name,
        meaning=meaning,
        allowed=f"a number from {minimum:g} to {maximum:g}",
        default=default,
        shown=f"{default:g}",
        reader=lambda default: env.number(name, default, minimum=minimum, maximum=maximum),
    )


def flag(name: str, meaning: str, *, default: bool) -> Variable[bool]:
    """Yes or no."""
    return Variable(
        name=name,
        meaning=meaning,
        allowed="1 or 0 (true/false, yes/no, on/off)",
        default=default,
        shown="1" if default else "0",
        reader=lambda default: env.flag(name, default=default),
    )


def words(
    name: str, meaning: str, *, allowed: str, default: tuple[str, ...] = (), without: str = ""
) -> Variable[list[str]]:
    """A list."""
    return Variable(
        name=name,
        meaning=meaning,
        allowed=allowed,
        default=list(default),
        shown=",".join(default),
        without=without,
        reader=lambda default: env.words(name, tuple(default)),
    )
