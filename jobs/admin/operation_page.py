"""What the page of one operation shows, and its report as a file."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.admin.display import NOTHING, moment, outside, seen
from jobs.admin.download import as_download
from jobs.admin.verbs import may
from jobs.conf import get_conf
from jobs.domain.operations import OperationState, Result
from jobs.domain.task_ids import read_id
from jobs.domain.wording import duration
from jobs.models import Operation
from jobs.selectors.operations import filter_facts, parameter_facts
from jobs.selectors.reports import report_page, whole_report
from jobs.selectors.sheets import Line, as_csv

PER_PAGE = 50
RESULTS = {
    Result.DONE: gettext_lazy("Done"),
    Result.ASKED: gettext_lazy("Asked to stop"),
    Result.SKIPPED: gettext_lazy("Left alone"),
    Result.FAILED: gettext_lazy("Failed"),
}
#: It may still change by itself.
MOVING = frozenset({OperationState.RUNNING})
#: Of who did what to it, the latest.
MOST_LINES = 100


def operation_context(operation: Operation, request: HttpRequest) -> dict[str, Any]:
    """The page's parts."""
    result = _result(request.GET.get("result", ""))
    page = report_page(
        operation, result=result, after=read_id(request.GET.get("after", "")), limit=PER_PAGE
    )
    return {
        "title": _("%(action)s many tasks") % {"action": operation.get_action_display().title()},
        "subtitle": "",
        "operation": operation,
        "standing": operation.standing.value,
        "is_moving": operation.standing in MOVING,
        "counts": _counts(operation),
        "facts": _facts(operation, request),
        "history": [
            line | {"at": datetime.fromisoformat(line["at"])}
            for line in reversed(operation.history[-MOST_LINES:])
        ],
        "results": [(each.value, word) for each, word in RESULTS.items()],
        "result": result.value if result else "",
        "lines": [(line, RESULTS[line.result]) for line in page.lines],
        "cursor": page.cursor or "",
        "is_first": "after" not in request.GET,
        "keep_rows": get_conf().operations_keep_rows,
        "keep_days": get_conf().operations_keep_seconds / 86_400,
        "report_url": reverse("admin:jobs_operation_report", args=[operation.pk]),
    }


def report_file(operation: Operation) -> StreamingHttpResponse:
    """The whole report as CSV, row by row."""
    name = f"{operation.action}-{operation.created_at:%Y%m%dT%H%M%SZ}.csv"
    return as_download(as_csv(_lines(operation)), name=name, content_type="text/csv")


def _lines(operation: Operation) -> Iterator[Line]:
    yield ["task_id", "result", "note"]
    for task_id, result, note in whole_report(operation):
        yield [str(task_id), result, note]


def filter_words(operation: Operation, request: HttpRequest) -> str:
    """The filter in one line."""
    sees_payload = may(request.user, "jobs.view_payload")
    facts = filter_facts(operation, sees_payload=sees_payload)
    return "; ".join(f"{name} {_value(value)}" for name, value in sorted(facts.items()))


def _value(value: object) -> str:
    return f"({len(value)})" if isinstance(value, list) else str(value)


def _which(operation: Operation, request: HttpRequest) -> str:
    if operation.undoes_id:
        return _("those that were done")
    return seen(filter_words(operation, request)) or _("every task")


def _counts(operation: Operation) -> list[tuple[str, str]]:
    total = operation.total_count
    return [
        (_("Tasks"), _("not counted yet") if total is None else f"{total:,}"),
        (_("Done"), f"{operation.done_count:,}"),
        (_("Left alone"), f"{operation.skipped_count:,}"),
        (_("Failed"), f"{operation.failed_count:,}"),
    ]


def _facts(operation: Operation, request: HttpRequest) -> list[tuple[str, str]]:
    task = operation.task_id
    facts = [
        (_("Which tasks"), _which(operation, request)),
        (_("Done with"), _parameters(operation, request)),
        (
            _("Takes back"),
            format_html(
                '<a href="{}">{}</a>',
                reverse("admin:jobs_operation_change", args=[operation.undoes_id]),
                operation.undoes_id,
            )
            if operation.undoes_id
            else "",
        ),
        (_("By"), outside(operation.actor, 60) if operation.actor else NOTHING),
        (_("Reason"), outside(operation.reason, 500) if operation.reason else ""),
        (_("Asked for"), moment(operation.created_at)),
        (_("Began"), moment(operation.started_at) if operation.started_at else ""),
        (_("Ended"), moment(operation.ended_at) if operation.ended_at else ""),
        (_("Pace"), _pace(operation)),
        (
            _("Worked on by"),
            format_html('<a href="{}">{}</a>', reverse("admin:jobs_task_change", args=[task]), task)
            if task
            else "",
        ),
    ]
    return [(name, value) for name, value in facts if value]


def _parameters(operation: Operation, request: HttpRequest) -> str:
    sees_payload = may(request.user, "jobs.view_payload")
    facts = parameter_facts(operation, sees_payload=sees_payload)
    return outside(json.dumps(facts, ensure_ascii=False), 200) if facts else ""


def _pace(operation: Operation) -> str:
    """How fast it was on the whole, and how long the rest takes at that."""
    if operation.started_at is None or operation.total_count is None:
        return ""
    now = operation.ended_at or timezone.now()
    seconds = max(0.001, (now - operation.started_at).total_seconds())
    visited = operation.done_count + operation.failed_count
    told = _("%(rate)s tasks/s") % {"rate": f"{visited / seconds:,.0f}"}
    left = operation.total_count - operation.visited_count
    if operation.standing not in MOVING or not visited or left <= 0:
        return told
    return f"{told}, {_('about')} {duration(left * seconds / visited)} {_('to go')}"


def _result(given: str) -> Result | None:
    return Result(given) if given in RESULTS else None
