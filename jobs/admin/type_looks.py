"""How a task type's numbers, durations and defaults look, on every page that shows them."""

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jobs.admin.charts import Band, bars
from jobs.admin.display import seen
from jobs.domain.histogram import coarse
from jobs.domain.registry import TaskType
from jobs.domain.retries import RetryPolicy
from jobs.domain.wording import duration
from jobs.selectors.task_types import Volume

#: Bars of the chart of durations.
MOST_BARS = 30
PERCENTS = (50, 95, 99)


def percentiles(volume: Volume, kind: str) -> str:
    """Half, 95 % and 99 % of a type's waits or runs; empty where there were none."""
    of = volume.wait_seconds if kind == "wait" else volume.run_seconds
    found = [seconds for percent in PERCENTS if (seconds := of(percent)) is not None]
    return " / ".join(map(duration, found))


def percentile_rows(volume: Volume) -> list[tuple[str, list[float | None]]]:
    """The rows of a table of waits and runs: the word, and the seconds of each of `PERCENTS`."""
    return [
        (_("Wait"), [volume.wait_seconds(percent) for percent in PERCENTS]),
        (_("Run"), [volume.run_seconds(percent) for percent in PERCENTS]),
    ]


def durations(histogram: Any, words: str) -> tuple[SafeString, list[tuple[str, str, int]]] | None:
    """A chart of durations, and the rows of the table with the same; None when there are none."""
    steps = coarse(histogram, most=MOST_BARS)
    if not steps:
        return None
    rows = [(duration(start), duration(end), count) for start, end, count in steps]
    told = _("%(words)s, from %(first)s to %(last)s; the table has the same") % {
        "words": words,
        "first": rows[0][0],
        "last": rows[-1][1],
    }
    return bars([Band(_("tasks"), "plain", [count for _, _, count in steps])], told), rows


def defaults_of(task_type: TaskType[..., Any]) -> list[tuple[str, str]]:
    """What its tasks get unless they are told otherwise, as words and values."""
    facts = [
        (_("Queue"), task_type.queue),
        (_("Timeout"), duration(task_type.timeout_seconds)),
        (_("Retries"), str(task_type.max_retries)),
        (_("Back-off"), _backoff(task_type.backoff)),
        (_("Runs in"), _("the event loop") if task_type.is_async else _("a thread")),
        (_("One transaction"), _("yes") if task_type.atomic else ""),
        (_("Former names"), ", ".join(task_type.aliases)),
        (_("Function"), task_type.module_path),
    ]
    return [(name, seen(value)) for name, value in facts if value]


def _backoff(policy: RetryPolicy) -> str:
    return _("%(first)s at first, each wait %(factor)g times the one before, at most %(most)s") % {
        "first": duration(policy.first_seconds),
        "factor": policy.factor,
        "most": duration(policy.max_seconds),
    }
