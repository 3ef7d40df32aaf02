"""The columns of the tasks list."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.admin.display import NOTHING, badge, moment, outside, since, until
from jobs.admin.objects import links_of_row
from jobs.domain.fingerprint import FailureGroup
from jobs.domain.states import ENDED, State
from jobs.domain.wording import duration
from jobs.models import Task
from jobs.selectors.facts import redacted

#: What shows the payload is for those who may see payloads.
PAYLOAD_COLUMNS = frozenset({"arguments"})
LIVE_COLUMNS = ("state_badge", "arguments", "queue_and_attempt", "time", "held_by")
#: What the list of dead letters shows beside the others.
FAILURE_COLUMN = "failure_group"
COLUMNS = ("state_badge", "task_type", "arguments", "queue_and_attempt", "time", "held_by")
#: Of a task's tags so many stand in its row.
MOST_TAGS = 3


def live(column: str, task: Task, html: str) -> str:
    """Mark a cell that a script may renew."""
    return format_html('<div data-task="{}" data-column="{}">{}</div>', task.pk, column, html)


def state_badge_of(task: Task) -> str:
    """The task's state and what is about to become of it."""
    if task.state == State.STARTED and task.cancel_requested_at:
        return badge(task.state, _("stopping"))
    if task.state == State.FAILURE and task.discarded_at:
        return badge(task.state, _("discarded"))
    return badge(task.state)


def age_of(task: Task) -> str:
    """How long it waits, runs or ran, or when it may run."""
    now = timezone.now()
    match State(task.state):
        case State.SCHEDULED | State.RETRY if task.run_after > now:
            return format_html(_("in {}"), until(task.run_after, now=now))
        case State.SCHEDULED | State.RETRY:
            return _("due now")
        case State.PENDING:
            return format_html(_("waits {}"), since(task.run_after, now=now))
        case State.BLOCKED:
            return format_html(_("waits {}"), since(task.created_at, now=now))
        case State.STARTED:
            return format_html(_("runs {}"), since(task.started_at or task.updated_at, now=now))
        case _ if task.started_at and task.finished_at:
            ran = duration((task.finished_at - task.started_at).total_seconds())
            return format_html(_("ran {}"), ran)
        case _:
            return NOTHING


class TaskColumns:
    """Each method is the cell of one column; all text from outside is escaped and isolated."""

    @admin.display(description=gettext_lazy("state"))
    def state_badge(self, task: Task) -> str:
        """Icon, word and colour."""
        return live("state_badge", task, state_badge_of(task))

    @admin.display(description=gettext_lazy("task"))
    def task_type(self, task: Task) -> str:
        """The type's name over the id."""
        name = outside(task.name, 60)
        return format_html('{}<code class="jobs-id jobs-second">{}</code>', name, task.pk)

    @admin.display(description=gettext_lazy("arguments, last error"))
    def arguments(self, task: Task) -> str:
        """The beginning of both, and links to what it is about.

        The changelist annotates what of the arguments is shown.
        """
        text = redacted(getattr(task, "arguments_preview", ""))
        given = outside(text, 90, "jobs-code") if text not in {"", "{}"} else NOTHING
        error = outside(redacted(task.error), 90, "jobs-error") if task.error else ""
        cell = format_html("{}{}{}", given, error, links_of_row(task))
        return live("arguments", task, cell)

    @admin.display(description=gettext_lazy("queue, attempt"))
    def queue_and_attempt(self, task: Task) -> str:
        """Its queue and tags, and the attempt that runs, comes next or was the last, of all."""
        allowed = task.max_retries + 1
        number = min(task.tries + (task.state not in ENDED), allowed)
        cell = format_html(
            '{}<span class="jobs-second">{}</span>{}',
            task.queue,
            _("attempt %(number)d of %(most)d") % {"number": number, "most": allowed},
            _tags(task.tags or []),
        )
        return live("queue_and_attempt", task, cell)

    @admin.display(description=gettext_lazy("time, created"))
    def time(self, task: Task) -> str:
        """How long it waits, runs or ran, over when it was created."""
        cell = format_html(
            '{}<span class="jobs-second">{}</span>', age_of(task), moment(task.created_at)
        )
        return live("time", task, cell)

    @admin.display(description=gettext_lazy("failure"))
    def failure_group(self, task: Task) -> str:
        """The group that its last failure counts in; the changelist annotates what it is called."""
        exception = getattr(task, "failure_exception", None)
        if not task.failure or exception is None:
            return NOTHING
        group = FailureGroup(task.name, exception, getattr(task, "failure_frame", ""))
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:jobs_failure_change", args=[task.failure]),
            outside(group.title, 60),
        )

    @admin.display(description=gettext_lazy("worker"))
    def held_by(self, task: Task) -> str:
        """The worker that holds it, or held it last."""
        return live("held_by", task, worker_link(task.worker))


def _tags(tags: Sequence[str]) -> str:
    """The first of a task's tags, each a link to its tasks."""
    links = ((list_url(tag=tag), outside(tag, 24)) for tag in tags[:MOST_TAGS])
    shown = format_html_join(" ", '<a class="jobs-tag" href="{}">{}</a>', links)
    more = len(tags) - MOST_TAGS
    return (
        format_html('{} <span class="jobs-remark">+{}</span>', shown, more) if more > 0 else shown
    )


def worker_link(name: str | None) -> str:
    """A link to a worker's page; a worker that is gone has none, and the page says so."""
    if not name:
        return NOTHING
    return format_html('<a href="{}">{}</a>', worker_url(name), outside(name, 28))


def worker_url(name: str) -> str:
    """A worker's page."""
    return reverse("admin:jobs_workerlease_change", args=[quote(name)])


def list_url(**filters: str) -> str:
    """The tasks list under these filters."""
    return f"{reverse('admin:jobs_task_changelist')}?{urlencode(filters)}"
