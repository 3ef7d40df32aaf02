"""What our additions to django-rq's templates ask for."""

from typing import Any

from django import template
from django.template.context import RequestContext

from jobs.admin import rq_buttons
from jobs.admin.columns import list_url
from jobs.domain.states import State
from jobs.models import Task

register = template.Library()

#: Which rows a page of RQ's would list, if tasks lay in its registries.
_FILTERS: dict[str, dict[str, str]] = {
    "queued": {"state": State.PENDING},
    "started": {"state": State.STARTED},
    "finished": {"state": State.SUCCESS},
    "failed": {"dead": "open"},
    "scheduled": {"state": State.SCHEDULED},
    "deferred": {"state": State.BLOCKED},
}
#: What the button of a page does to them; those without one only lead to the list.
_EFFECTS = {
    "clear": ("queued", "cancelled"),
    "requeue_all": ("failed", "requeued"),
    "delete_failed": ("failed", "discarded"),
}


@register.inclusion_tag("admin/jobs/rq_notice.html", takes_context=True)
def rq_notice(context: RequestContext, page: str) -> dict[str, Any]:
    """Where the tasks of this page are; on a page with a button, how many it concerns."""
    registry, effect = _EFFECTS.get(page, (page, ""))
    queue = context["queue"].name
    notice: dict[str, Any] = {
        "queue": queue,
        "page": registry,
        "effect": effect,
        "url": list_url(queue=queue, **_FILTERS[registry]),
    }
    if effect:
        rows = Task.objects.on_queue(queue)
        rows = rows.dead_letters() if registry == "failed" else rows.filter(state=State.PENDING)
        most = rq_buttons.MOST_TASKS
        count = rows.order_by()[: most + 1].count()
        notice |= {"count": min(count, most), "is_capped": count > most}
    return notice


@register.simple_tag(takes_context=True)
def rq_task(context: RequestContext, job: Any) -> Task | None:
    """The row behind an RQ job of the page, None for a plain one; one query for all of them."""
    cache = context.render_context
    if "rq_tasks" not in cache:
        ids, _ = rq_buttons.split([str(each.id) for each in context["jobs"]])
        cache["rq_tasks"] = {
            f"task-{task.pk}": task
            for task in Task.objects.filter(pk__in=ids).only("name", "state")
        }
    task: Task | None = cache["rq_tasks"].get(job.id)
    return task
