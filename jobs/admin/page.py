"""What one task's page shows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.admin.columns import age_of, list_url, state_badge_of, worker_link, worker_url
from jobs.admin.display import moment, pretty, seen, since, until
from jobs.admin.verbs import MOST_REASON, may, possible
from jobs.domain.states import State
from jobs.domain.wording import duration
from jobs.models import Task
from jobs.selectors.explain import Reason, explain
from jobs.selectors.facts import task_facts
from jobs.selectors.relatives import dependencies_of, reruns_of
from jobs.selectors.timeline import MOST_ATTEMPTS, timeline


def page_context(task: Task, request: HttpRequest) -> dict[str, Any]:
    """The page's parts; without its permission the payload is not in there at all."""
    shows_payload = may(request.user, "jobs.view_payload")
    context: dict[str, Any] = {
        "title": seen(task.name),
        "subtitle": "",
        "badge": state_badge_of(task),
        "age": age_of(task),
        "verbs": possible(task, request),
        "most_reason": MOST_REASON,
        "explanations": [] if task.state == State.SUCCESS else _explanations(task),
        "facts": _facts(task),
        "steps": timeline(task),
        "most_attempts": MOST_ATTEMPTS,
        "shows_payload": shows_payload,
    }
    if shows_payload:
        facts = task_facts(task)
        args, kwargs, result = facts["args"], facts["kwargs"], facts["result"]
        context |= {
            "arguments": pretty([*args, kwargs] if args else kwargs),
            "result": pretty(result) if result is not None else "",
            "error": seen(facts["error"] or ""),
            "progress": _progress(facts["progress"]),
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
        case "task":
            return "See the task", reverse("admin:jobs_task_change", args=[name])
    return None


def _facts(task: Task) -> list[tuple[str, str]]:
    facts = [
        ("Queue", task.queue),
        ("Tries", f"{task.tries} of {task.max_retries + 1}"),
        ("Attempts ever", str(task.attempt_count)),
        ("Rescued", f"{task.rescues} times" if task.rescues else ""),
        ("Submitted by", seen(task.submitted_by) or "anonymous"),
        ("Runs again", _tasks([task.parent] if task.parent else [])),
        ("Run again by", _tasks(reruns_of(task))),
        ("Depends on", _tasks(dependencies_of(task))),
        ("Tags", seen(", ".join(task.tags or []))),
        ("Failure", _failure(task)),
        ("Unique key", seen(task.unique_key or "")),
        ("Created", moment(task.created_at)),
        ("May run from", moment(task.run_after)),
        ("Expires", moment(task.expires_at) if task.expires_at else ""),
        ("Started", moment(task.started_at) if task.started_at else ""),
        ("Finished", moment(task.finished_at) if task.finished_at else ""),
        ("Worker", worker_link(task.worker) if task.worker else ""),
        ("Timeout", duration(task.timeout_seconds)),
        ("Fence", str(task.fence)),
    ]
    return [(name, value) for name, value in facts if value]


def _tasks(ids: Iterable[UUID]) -> SafeString:
    """Links to tasks."""
    links = ((reverse("admin:jobs_task_change", args=[pk]), pk) for pk in ids)
    return format_html_join(", ", '<a href="{}">{}</a>', links)


def _failure(task: Task) -> str:
    """A link to the group of its last failure."""
    if task.failure is None:
        return ""
    url = reverse("admin:jobs_failure_change", args=[task.failure])
    return format_html('<a href="{}"><code>{}</code></a>', url, task.failure)


def _progress(progress: object) -> dict[str, object] | None:
    """`{"percent", "text"}` of what a task reports as its progress; None when it reports none."""
    if not isinstance(progress, dict):
        return None
    percent = progress.get("percent")
    if isinstance(percent, bool) or not isinstance(percent, int | float):
        return None
    text = seen(str(progress.get("message") or ""))
    return {"percent": round(min(100.0, max(0.0, percent)), 1), "text": text}
