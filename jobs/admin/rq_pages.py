"""django-rq's admin pages over tasks: our `ModelAdmin` in place of theirs.

Every page keeps its address and name. A POST needs the permission of what it does; a task's button
acts on its row; plain RQ jobs keep the stock views.
"""

from functools import partial
from importlib.util import find_spec
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, re_path, register_converter
from django_rq import stats_views
from django_rq.admin import QueueAdmin  # registers django-rq's own, whatever the order of apps
from django_rq.models import Dashboard
from django_rq.utils import get_cron_schedulers, get_scheduler_statistics

from jobs.admin import rq_tasks
from jobs.admin.door import OperatorsAdmin
from jobs.admin.rq_buttons import TicketConverter
from jobs.admin.rq_guard import View, guarded, may_see
from jobs.admin.rq_numbers import statistics

register_converter(TicketConverter, "ticket")

_JOB = "queues/<int:queue_index>/<ticket:job_id>/"
#: The buttons of a job's page: the last part of their address, and django-rq's name.
_BUTTONS = {
    "delete": "delete_job",
    "requeue": "requeue_job",
    "enqueue": "enqueue_job",
    "stop": "stop_job",
}
#: Pages of the stock `ModelAdmin` that need a table, which the dashboard has not.
_TABLE_PAGES = frozenset(
    f"django_rq_dashboard_{page}" for page in ("add", "change", "delete", "history")
)


class TaskAwareQueueAdmin(OperatorsAdmin[Dashboard], QueueAdmin):
    """The stock pages with ours before them, all behind the guard."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may see the pages finds them on the admin's index."""
        return may_see(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As above."""
        return may_see(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is no row to change."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Ours stand first; `reverse()` keeps finding django-rq's names."""
        stats_json = [
            re_path(r"^stats\.json/?$", self.stats_json, name="django_rq_home_json"),
            re_path(
                r"^stats\.json/(?P<token>[\w]+)?/?$", self.stats_json, name="django_rq_home_json"
            ),
        ]
        return [*stats_json, *self._our_urls(), *self._stock_urls()]

    def _our_urls(self) -> list[URLPattern]:
        def page(route: str, view: View, name: str) -> URLPattern:
            return path(route, self._wrapped(view, name), name=f"django_rq_{name}")

        queue = "queues/<int:queue_index>/"
        return [
            page("", self.home, "home"),
            page(queue, rq_tasks.queue_list, "jobs"),
            page(f"{queue}details/", rq_tasks.queue_details, "queue_details"),
            page(f"{queue}empty/", rq_tasks.clear, "clear"),
            page(f"{queue}started/", rq_tasks.started_jobs, "started_jobs"),
            page(f"{queue}failed/", rq_tasks.failed_jobs, "failed_jobs"),
            page(f"{queue}requeue-all/", rq_tasks.requeue_all, "requeue_all"),
            page(f"{queue}failed/clear/", rq_tasks.delete_failed_jobs, "delete_failed_jobs"),
            page(_JOB, rq_tasks.task_page, "task_page"),
            page(f"{_JOB}results/<str:result_id>/", rq_tasks.task_page, "task_result"),
            *[
                page(f"{_JOB}{word}/", partial(rq_tasks.task_button, page=name), name)
                for word, name in _BUTTONS.items()
            ],
            page(
                "queues/confirm-action/<int:queue_index>/",
                rq_tasks.confirm_action,
                "confirm_action",
            ),
            page("queues/actions/<int:queue_index>/", rq_tasks.actions, "actions"),
            page("workers/<int:queue_index>/<str:key>/", rq_tasks.worker_page, "worker_details"),
        ]

    def _stock_urls(self) -> list[URLPattern]:
        urls = []
        for pattern in super().get_urls():  # type: ignore[no-untyped-call]
            if pattern.name == "django_rq_home_json":
                urls.append(pattern)
            elif pattern.name == "django_rq_metrics":
                view, given = self.metrics, pattern.default_args
                urls.append(URLPattern(pattern.pattern, view, given, pattern.name))
            elif pattern.name and pattern.name not in _TABLE_PAGES:
                name = pattern.name.removeprefix("django_rq_")
                view = self._wrapped(rq_tasks.kept(pattern.callback, name), name)
                urls.append(URLPattern(pattern.pattern, view, pattern.default_args, pattern.name))
        return urls

    def _wrapped(self, view: View, name: str) -> View:
        """The view behind the admin's login and the guard of django-rq's page `name`."""
        guard = guarded(view, name)

        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.current_app = self.admin_site.name
            return guard(request, *args, **kwargs)

        return self.admin_site.admin_view(wrapped)

    def home(self, request: HttpRequest) -> HttpResponse:
        """The queues, their numbers told of tasks and plain jobs together."""
        context = {
            **self.admin_site.each_context(request),
            **statistics(cleans=True),
            **get_scheduler_statistics(),
            "view_metrics": find_spec("prometheus_client") is not None,
            "cron_schedulers": get_cron_schedulers(),
        }
        return render(request, "django_rq/stats.html", context)

    def stats_json(self, request: HttpRequest, token: str | None = None) -> HttpResponse:
        """The same numbers as JSON, behind django-rq's own login by session or token."""
        if request.user.is_authenticated and not may_see(request):
            raise PermissionDenied
        answer = stats_views.stats_json(request, token=token)
        return answer if answer.status_code >= 400 else JsonResponse(statistics())

    def metrics(self, request: HttpRequest) -> HttpResponse:
        """The stock numbers for Prometheus, behind the same login."""
        if request.user.is_authenticated and not may_see(request):
            raise PermissionDenied
        answer: HttpResponse = stats_views.prometheus_metrics(request)
        return answer


if admin.site.is_registered(Dashboard):
    admin.site.unregister(Dashboard)
    admin.site.register(Dashboard, TaskAwareQueueAdmin)
