"""What a measurement gives: figures, each with its aim and with the limits of the same run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.world import World


class Reading(NamedTuple):
    """One run's value, and what the bare parts reached in that run: name of the limit -> value."""

    value: float
    limits: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `aims` holds for a quiet machine of 2 cores, by database."""

    name: str
    unit: str = "tasks/s"
    aims: Mapping[str, float] = field(default_factory=dict)
    lower_is_better: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How to take figures: `take` gives a reading for each of them, in their order.

    `count` is how many tasks it takes by default. With `one_world` all runs share servers and
    tables, because these take long to prepare.
    """

    take: Callable[[World], tuple[Reading, ...]]
    figures: tuple[Figure, ...]
    count: int
    one_world: bool = False
    needs_browser: bool = False
