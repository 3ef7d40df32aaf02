"""django-rq's pages where tasks are on them: ours in their place, or theirs after ours."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_rq import views as stock
from django_rq.queues import get_queue_by_index
from django_rq.utils import DEFAULT_ITEMS_PER_PAGE, paginate

from jobs.admin.columns import worker_url
from jobs.admin.rq_buttons import press, press_all, split
from jobs.admin.rq_guard import BULK, POSTS, View
from jobs.admin.verbs import CANCEL, DISCARD, REQUEUE, Verb
from jobs.broker.failed import take_out, tickets_in
from jobs.broker.rq_lists import is_worker, make_readable, waiting_on
from jobs.broker.started import announced_on
from jobs.domain import audit
from jobs.domain.states import State
from jobs.models import Task, WorkerLease
from jobs.models.task import TaskQuerySet
from jobs.services.audit import entered

#: What is kept of the buttons that act on plain RQ jobs, by django-rq's names of their pages.
_KEPT = {
    "delete_job": audit.Verb.RQ_JOB_DELETE,
    "requeue_job": audit.Verb.RQ_JOB_REQUEUE,
    "enqueue_job": audit.Verb.RQ_JOB_ENQUEUE,
    "stop_job": audit.Verb.RQ_JOB_STOP,
}


def task_page(
    request: HttpRequest, queue_index: int, job_id: UUID, result_id: str = ""
) -> HttpResponse:
    """Our own page of the task."""
    return redirect("admin:jobs_task_change", job_id)


def task_button(request: HttpRequest, queue_index: int, job_id: UUID, page: str) -> HttpResponse:
    """Do what RQ's button says to the row; a GET leads to our page, whose buttons ask first."""
    if request.method == "POST":
        press(request, get_queue_by_index(queue_index).name, [job_id], POSTS[page])
    return redirect("admin:jobs_task_change", job_id)


def queue_list(request: HttpRequest, queue_index: int) -> HttpResponse:
    """The stock page, its tickets made readable."""
    queue = get_queue_by_index(queue_index)
    _, _, offset = paginate(request, queue.count)
    shown = waiting_on(queue.name, offset, offset + DEFAULT_ITEMS_PER_PAGE - 1)
    make_readable(queue.name, shown)
    return stock.jobs(request, queue_index)


def queue_details(request: HttpRequest, queue_index: int) -> HttpResponse:
    """The stock page, its oldest and newest ticket made readable."""
    name = get_queue_by_index(queue_index).name
    make_readable(name, [*waiting_on(name, 0, 0), *waiting_on(name, -1, -1)])
    return stock.queue_details(request, queue_index)


def started_jobs(request: HttpRequest, queue_index: int) -> HttpResponse:
    """The stock page, the announced tasks made readable: one without a hash breaks it."""
    name = get_queue_by_index(queue_index).name
    make_readable(name, announced_on(name), status="started")
    return stock.started_jobs(request, queue_index)


def failed_jobs(request: HttpRequest, queue_index: int) -> HttpResponse:
    """The stock page, the dead letters on it made readable."""
    queue = get_queue_by_index(queue_index)
    _, _, offset = paginate(request, len(queue.failed_job_registry))
    stop = offset + DEFAULT_ITEMS_PER_PAGE - 1
    newest_first = request.GET.get("desc", "1") == "1"
    shown = tickets_in(queue.name, offset, stop, desc=newest_first)
    make_readable(queue.name, shown, status="failed")
    return stock.failed_jobs(request, queue_index)


def confirm_action(request: HttpRequest, queue_index: int) -> HttpResponse:
    """The stock page that asks about the ticked jobs, its tickets made readable."""
    tasks, _ = split(request.POST.getlist("_selected_action"))
    name = get_queue_by_index(queue_index).name
    make_readable(name, [str(task_id) for task_id in tasks])
    return stock.confirm_action(request, queue_index)


def actions(request: HttpRequest, queue_index: int) -> HttpResponse:
    """Do it to the ticked jobs: to tasks by our verbs, to plain RQ jobs by the stock view."""
    form = request.POST.copy()
    next_url = form.get("next_url", "")
    if not url_has_allowed_host_and_scheme(next_url, {request.get_host()}):
        next_url = form["next_url"] = ""
    if request.method == "POST":
        tasks, plain = split(form.getlist("job_ids"))
        press(request, get_queue_by_index(queue_index).name, tasks, BULK[request.POST["action"]])
        form.setlist("job_ids", plain)
        request.POST = form  # type: ignore[assignment]
        if plain:
            verb = _KEPT[f"{form['action']}_job"]
            with transaction.atomic():
                entered(verb, count=len(plain), wanted={"job_ids": plain})
                return stock.actions(request, queue_index)
    return redirect(next_url) if next_url else redirect("admin:django_rq_jobs", queue_index)


def clear(request: HttpRequest, queue_index: int) -> HttpResponse:
    """Cancel the queue's pending tasks, then let the stock view throw the list away."""
    pending = Task.objects.filter(state=State.PENDING).order_by("run_after")
    verbs = CANCEL, audit.Verb.QUEUE_EMPTY
    return _all_then_stock(request, queue_index, pending, verbs, stock.clear_queue)


def requeue_all(request: HttpRequest, queue_index: int) -> HttpResponse:
    """Requeue the queue's dead letters, then let the stock view requeue plain failed jobs."""
    dead = Task.objects.dead_letters().newest_first()
    verbs = REQUEUE, audit.Verb.QUEUE_REQUEUE_FAILED
    return _all_then_stock(request, queue_index, dead, verbs, stock.requeue_all)


def delete_failed_jobs(request: HttpRequest, queue_index: int) -> HttpResponse:
    """Discard the queue's dead letters, then let the stock view delete plain failed jobs."""
    dead = Task.objects.dead_letters().newest_first()
    verbs = DISCARD, audit.Verb.QUEUE_CLEAR_FAILED
    return _all_then_stock(request, queue_index, dead, verbs, stock.delete_failed_jobs)


def worker_page(request: HttpRequest, queue_index: int, key: str) -> HttpResponse:
    """Our own page of one of our workers; the stock page of any other."""
    name = key.removeprefix("rq:worker:")
    if WorkerLease.objects.filter(pk=name).exists():
        return redirect(worker_url(name))
    if not is_worker(key):
        raise Http404("RQ knows no such worker.")
    return stock.worker_details(request, queue_index, key)


def kept(view: View, page: str) -> View:
    """The stock view of a plain RQ job's button, and that it was pressed."""
    verb = _KEPT.get(page)
    if verb is None:
        return view

    @wraps(view)
    def pressed(request: HttpRequest, queue_index: int, job_id: str) -> HttpResponse:
        if request.method != "POST":
            return view(request, queue_index, job_id)
        with transaction.atomic():
            entered(verb, job_id, after={"queue": get_queue_by_index(queue_index).name})
            return view(request, queue_index, job_id)

    return pressed


def _all_then_stock(
    request: HttpRequest,
    queue_index: int,
    tasks: TaskQuerySet,
    verbs: tuple[Verb, audit.Verb],
    view: Callable[[HttpRequest, int], HttpResponse],
) -> HttpResponse:
    if request.method == "POST":
        queue = get_queue_by_index(queue_index)
        name, (ours, theirs) = queue.name, verbs
        if not press_all(request, name, tasks.on_queue(name), ours):
            return redirect("admin:django_rq_queue_details", queue_index)
        # The stock view acts on all it finds in the registry: leave it the plain jobs.
        take_out(name, tickets_in(name))
        plain = queue.count if ours is CANCEL else len(queue.failed_job_registry)
        if plain:  # kept before it is done: that may take long, and Redis knows no transaction
            entered(theirs, name, count=plain)
    return view(request, queue_index)
