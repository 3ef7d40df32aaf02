"""Tasks of the list as a file: ticked ones, or all that match."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.admin.actions import chosen
from jobs.admin.display import seen
from jobs.admin.download import as_download
from jobs.admin.verbs import may
from jobs.broker.throttle import seconds_to_wait
from jobs.domain.audit import Verb
from jobs.domain.rates import Rate
from jobs.exceptions import InvalidSearch, PayloadWithheld
from jobs.models import Task
from jobs.selectors.export import exported, sheet
from jobs.selectors.sheets import as_csv, as_json
from jobs.services.audit import entered

#: How often one user may ask for a file: each may read the whole table.
PACE = Rate(count=10, window_seconds=60)
TYPES = {"csv": "text/csv", "json": "application/json"}

Action = Callable[
    [ModelAdmin[Task], HttpRequest, QuerySet[Task]], HttpResponse | StreamingHttpResponse | None
]


def export(
    model_admin: ModelAdmin[Task], request: HttpRequest, kind: str
) -> HttpResponse | StreamingHttpResponse | None:
    """Send what is chosen, or say why not; the audit tells that it was asked for."""
    wait = seconds_to_wait(f"export:user:{request.user.pk}", PACE)
    if wait > 0:
        said = _("That are many files in a short time: try again in %(seconds)s s.")
        model_admin.message_user(request, said % {"seconds": round(wait) + 1}, messages.WARNING)
        return None
    try:
        wanted = chosen(request).wanted
    except (InvalidSearch, PayloadWithheld) as error:
        model_admin.message_user(request, seen(str(error)), messages.ERROR)
        return None
    sees_payload = may(request.user, "jobs.view_payload")
    entered(Verb.TASK_EXPORT, count=None, wanted=wanted.as_json(), after={"as": kind})
    rows = exported(wanted, sees_payload=sees_payload)
    parts = as_csv(sheet(rows, sees_payload=sees_payload)) if kind == "csv" else as_json(rows)
    name = f"tasks-{timezone.now():%Y%m%dT%H%M%SZ}.{kind}"
    return as_download(parts, name=name, content_type=TYPES[kind])


def _action(kind: str) -> Action:
    words = gettext_lazy("Export selected tasks as %(kind)s") % {"kind": kind.upper()}

    @admin.action(description=words)
    def action(
        model_admin: ModelAdmin[Task], request: HttpRequest, queryset: QuerySet[Task]
    ) -> HttpResponse | StreamingHttpResponse | None:
        return export(model_admin, request, kind)

    action.__name__ = f"export_{kind}"
    return action


EXPORTS: tuple[Action, ...] = tuple(map(_action, TYPES))
