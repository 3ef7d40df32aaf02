"""What one task's page shows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.admin.attempts import MOST_TOLD, shown_attempts
from jobs.admin.columns import age_of, list_url, state_badge_of, worker_link, worker_url
from jobs.admin.display import badge, moment, outside, seen, since, until
from jobs.admin.json_tree import Tree
from jobs.admin.objects import links_of_arguments
from jobs.admin.task_types import type_url
from jobs.admin.verbs import MOST_REASON, may, possible
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.domain.wording import duration
from jobs.models import Task
from jobs.selectors.explain import Reason, explain
from jobs.selectors.facts import percent_of, task_facts
from jobs.selectors.timeline import MOST_ATTEMPTS, MOST_EVENTS, latest_events, timeline
from jobs.store.lineage import Kinship, Relative, read_relatives


def page_context(task: Task, request: HttpRequest) -> dict[str, Any]:
    """The page's parts; without its permission the payload is not in there at all."""
    shows_payload = may(request.user, "jobs.view_payload")
    attempts = list(shown_attempts(task, with_texts=shows_payload))
    events = list(latest_events(task))
    context: dict[str, Any] = {
        "title": seen(task.name),
        "subtitle": "",
        "badge": state_badge_of(task),
        "age": age_of(task),
        "verbs": possible(task, request),
        "most_reason": MOST_REASON,
        "explanations": [] if task.state == State.SUCCESS else _explanations(task),
        "facts": _facts(task),
        "kin": _kin(read_relatives(task.pk)),
        "steps": timeline(task, attempts, events),
        "attempts": attempts,
        "told_from": task.attempt_count - MOST_TOLD,
        "events": events,
        "most_attempts": MOST_ATTEMPTS,
        "most_events": MOST_EVENTS,
        "shows_payload": shows_payload,
    }
    if shows_payload:
        facts = task_facts(task)
        args, kwargs, result = facts["args"], facts["kwargs"], facts["result"]
        context |= {
            "arguments": Tree([*args, kwargs] if args else kwargs),
            "result": None if result is None else Tree(result),
            "error": seen(facts["error"] or ""),
            "progress": _progress(facts["progress"]),
            "objects": links_of_arguments(task.kwargs),
        }
    return context


def _explanations(task: Task) -> list[dict[str, object]]:
    """Each reason with links to what it is about, its moments in the viewer's zone."""
    return [
        {
            "message": _in_viewers_zone(reason),
            "links": [link for kind, name in reason.about if (link := _link(kind, name))],
        }
        for reason in explain(task)
    ]


def _in_viewers_zone(reason: Reason) -> str:
    told, rest = SafeString(""), seen(reason.message)
    for each in reason.moments:
        before, _, rest = rest.partition(str(each))
        distance = (
            format_html("in {}", until(each.at, now=each.now))
            if each.at > each.now
            else format_html("{} ago", since(each.at, now=each.now))
        )
        told = format_html("{}{}{} ({})", told, before, moment(each.at), distance)
    return format_html("{}{}", told, rest)


def _link(kind: str, name: str) -> tuple[str, str] | None:
    """The words and the address of a link; None for what has no page of its own."""
    match kind:
        case "worker" if name:
            return "See the worker", worker_url(name)
        case "queue":
            return f"See the tasks on {name}", list_url(queue=name)
        case "task_type" if registry.find(name):
            return "See the task type", type_url(name)
        case "task":
            return "See the task", reverse("admin:jobs_task_change", args=[name])
    return None


def _facts(task: Task) -> list[tuple[str, str]]:
    facts = [
        (_("Queue"), task.queue),
        (_("Tries"), _("%(tries)d of %(most)d") % _tries(task)),
        (_("Attempts ever"), str(task.attempt_count)),
        (_("Rescued"), _rescued(task.rescues) if task.rescues else ""),
        (_("Submitted by"), seen(task.submitted_by) or _("anonymous")),
        (_("Tags"), seen(", ".join(task.tags or []))),
        (_("Failure"), _failure(task)),
        (_("Unique key"), seen(task.unique_key or "")),
        (_("Created"), moment(task.created_at)),
        (_("May run from"), moment(task.run_after)),
        (_("Expires"), moment(task.expires_at) if task.expires_at else ""),
        (_("Started"), moment(task.started_at) if task.started_at else ""),
        (_("Finished"), moment(task.finished_at) if task.finished_at else ""),
        (_("Worker"), worker_link(task.worker) if task.worker else ""),
        (_("Timeout"), duration(task.timeout_seconds)),
        (_("Fence"), str(task.fence)),
    ]
    return [(name, value) for name, value in facts if value]


def _tries(task: Task) -> Mapping[str, int]:
    return {"tries": task.tries, "most": task.max_retries + 1}


def _rescued(count: int) -> str:
    return ngettext("%(count)d time", "%(count)d times", count) % {"count": count}


def _kin(relatives: Sequence[Relative]) -> list[tuple[str, SafeString]]:
    """The other tasks around this one, by what they are to it; each with its state."""
    named = (
        (Kinship.ANCESTOR, _("Runs again")),
        (Kinship.RERUN, _("Run again by")),
        (Kinship.DEPENDENCY, _("Depends on")),
        (Kinship.DEPENDANT, _("Waited for by")),
    )
    groups = (
        (words, [each for each in relatives if each.kinship is kind]) for kind, words in named
    )
    return [(words, _links(group)) for words, group in groups if group]


def _links(relatives: Iterable[Relative]) -> SafeString:
    return format_html(
        '<ul class="jobs-kin">{}</ul>',
        format_html_join("", "<li>{} {}</li>", map(_link_and_state, relatives)),
    )


def _link_and_state(other: Relative) -> tuple[str, str]:
    if other.name is None or other.state is None:
        return (format_html('<code class="jobs-id">{}</code>', other.id), _("no longer there"))
    url = reverse("admin:jobs_task_change", args=[other.id])
    name = outside(other.name, 60)
    words = '<a href="{}">{} <code class="jobs-id">{}</code></a>'
    return (badge(other.state), format_html(words, url, name, other.id))


def _failure(task: Task) -> str:
    """A link to the group of its last failure."""
    if task.failure is None:
        return ""
    url = reverse("admin:jobs_failure_change", args=[task.failure])
    return format_html('<a href="{}"><code>{}</code></a>', url, task.failure)


def _progress(progress: object) -> dict[str, object] | None:
    """`{"percent", "text"}` of what a task reports as its progress; None when it reports none."""
    percent = percent_of(progress)
    if percent is None or not isinstance(progress, dict):
        return None
    return {"percent": percent, "text": seen(str(progress.get("message") or ""))}
