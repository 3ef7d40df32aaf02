"""What django-rq's buttons do to tasks: each is one of our verbs, on the rows."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.admin.verbs import CANCEL, DISCARD, REQUEUE, Verb, told
from jobs.broker.failed import take_out
from jobs.broker.rq_lists import forget
from jobs.broker.tickets import PREFIX, task_id_of
from jobs.models import Task

#: The most tasks that one of RQ's buttons for all touches.
MOST_TASKS = 10_000


class TicketConverter:
    """The RQ job id of a task, in an address; gives the task's id."""

    regex = PREFIX + r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

    def to_python(self, value: str) -> UUID:
        """The id behind a ticket."""
        return UUID(value.removeprefix(PREFIX))

    def to_url(self, value: UUID | str) -> str:
        """The ticket of an id; django-rq hands in what is one already."""
        text = str(value)
        if not text.startswith(PREFIX):
            raise ValueError(text)
        return text


def split(job_ids: Sequence[str]) -> tuple[list[UUID], list[str]]:
    """The tasks and the plain RQ jobs among RQ job ids."""
    tasks: list[UUID] = []
    plain: list[str] = []
    for job_id in job_ids:
        try:
            tasks.append(UUID(task_id_of(job_id) or ""))
        except ValueError:
            plain.append(job_id)
    return tasks, plain


def press(request: HttpRequest, queue: str, task_ids: Sequence[UUID], verb: Verb) -> None:
    """Do a verb to tasks whose RQ button was pressed, and say what happened.

    RQ's `delete` means cancel, but for a task that has failed for good it means discard, which
    wants a permission of its own.
    """
    if verb is CANCEL:
        rows = Task.objects.dead_letters().filter(pk__in=task_ids)
        dead = set(rows.values_list("pk", flat=True))
        _do(request, queue, [each for each in task_ids if each in dead], DISCARD)
        task_ids = [each for each in task_ids if each not in dead]
    _do(request, queue, task_ids, verb)


def press_all(request: HttpRequest, queue: str, tasks: QuerySet[Task], verb: Verb) -> bool:
    """Do a verb to all of these tasks; False when there were too many for one go."""
    most = MOST_TASKS
    ids = list(tasks.values_list("pk", flat=True)[: most + 1])
    _do(request, queue, ids[:most], verb)
    if len(ids) <= most:
        return True
    left = f"{most:,} tasks are the most in one go and more are left: press again."
    messages.warning(request, left)
    return False


def _do(request: HttpRequest, queue: str, task_ids: Sequence[UUID], verb: Verb) -> None:
    if not task_ids:
        return
    if not verb.allowed_to(request):
        raise PermissionDenied
    report = verb.service(task_ids=task_ids, actor=request.user.get_username())
    moved = [str(task_id) for task_id in report.moved]
    if verb is REQUEUE:
        take_out(queue, moved)
    else:
        forget(queue, moved)
    level = messages.SUCCESS if report.done_count else messages.WARNING
    messages.add_message(request, level, told(verb, report))
