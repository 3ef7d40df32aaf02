"""What the pictures show: a shop's tasks in every state that a task can be seen in."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from jobs.domain.audit import Door
from jobs.domain.operations import Action, OperationState
from jobs.domain.registry import TaskType
from jobs.domain.states import State
from jobs.models import Operation, Task
from jobs.selectors.pages import TaskFilter
from jobs.services.audit import through
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue
from jobs.services.operate import operate
from jobs.services.pause import pause, resume
from jobs.tasks.demo import data_pipeline, generate_report, process_payment, send_email
from tests.screenshots.past import count_the_past
from tests.screenshots.tasks import (
    capture_payment,
    import_catalogue,
    print_label,
    sync_stock,
)
from tests.support.rows import reload
from tests.support.waiting import wait_for
from tests.support.web import WebProcess, running_web
from tests.support.workers import running_worker

SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.screenshots.settings"}
WORKERS = {
    "shop-high-1": "high",
    "shop-high-2": "high",
    "shop-default-1": "default",
    "shop-low-1": "low",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A site that answers, somebody who may see all, and the tasks worth a page of their own."""

    web: WebProcess
    user: User
    running: Task
    failed: Task
    operation: Operation


@contextmanager
def a_scene() -> Iterator[Scene]:
    """The whole of it, on the servers that the environment names and on an empty database."""
    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("ada")
    count_the_past()
    with ExitStack() as ending:
        web = ending.enter_context(running_web(LIVE_BEAT_SECONDS="0.5"))
        for name, queue in WORKERS.items():
            ending.enter_context(running_worker(queue, "--name", name, "-v", "0", **SETTINGS))
        _sell(range(101, 105))
        order = {"order": 5105, "amount": "64.00", "currency": "EUR"}
        failed = _seen(capture_payment, order, State.FAILURE)
        _fail_often()
        operation = _discard_what_has_no_carrier()
        pause(queue="low", actor="ada", reason="the archive is being moved")
        resume(queue="low", actor="ada")
        _seen(sync_stock, {"warehouse": "rotterdam", "order": 5106}, State.RETRY)
        _plan()
        _sell(range(107, 108))
        running = _seen(import_catalogue, {"supplier": "north", "records": 1000}, State.STARTED)
        ending.callback(_stop, running)
        wait_for(lambda: reload(running).progress, what="progress")
        _wait_behind_it()
        yield Scene(web=web, user=user, running=running, failed=failed, operation=operation)


def _sell(customers: range) -> None:
    """What ends well: each customer pays and gets an e-mail."""
    for number in customers:
        paid = {"user_id": number, "amount": f"{number % 10 * 7}.90", "currency": "EUR"}
        _seen(process_payment, paid, State.SUCCESS)
        mail = {"to": f"customer-{number}@example.com", "subject": f"Order {5000 + number}"}
        _seen(send_email, mail | {"body": "Thank you."}, State.SUCCESS)


def _fail_often() -> None:
    """Some problems, not one as large as the other."""
    for order in range(5001, 5013):
        _seen(print_label, {"order": order, "carrier": "drone"}, State.FAILURE)
    for order in range(5020, 5024):
        card = {"order": order, "amount": "12.50", "currency": "EUR"}
        _seen(capture_payment, card, State.FAILURE)


def _discard_what_has_no_carrier() -> Operation:
    """Somebody has discarded the labels that nobody can print, and said why."""
    wanted = TaskFilter(states=frozenset({State.FAILURE}), task_type="print_label")
    with through(Door.ADMIN):
        operation = operate(
            action=Action.DISCARD, wanted=wanted, actor="ada", reason="no drones in winter"
        )
    ended = Operation.objects.filter(pk=operation.pk, state=OperationState.COMPLETED)
    wait_for(ended.exists, what="the operation's end")
    return operation


def _wait_behind_it() -> None:
    """What waits because the only worker of the queue is busy."""
    for month in ("2026-08", "2026-09", "2026-10"):
        report = {"report_type": "sales", "user_id": 101, "date_range": month}
        _seen(generate_report, report, State.PENDING)


def _plan() -> None:
    """What is for later, and what somebody called off."""
    now = timezone.now()
    reminder = {"to": "customer-102@example.com", "subject": "Your basket", "body": "Still here."}
    _seen(send_email, reminder, State.SCHEDULED, run_after=now + timedelta(hours=2))
    move = {"source": "orders", "destination": "archive", "record_count": 5000}
    off = _seen(data_pipeline, move, State.SCHEDULED, run_after=now + timedelta(hours=9))
    cancel(task_id=off.pk, actor="ada", reason="the archive is full")


def _seen(
    task_type: TaskType[..., Any], given: dict[str, object], state: State, **options: Any
) -> Task:
    """A task of ada's that has come to that state."""
    task = enqueue(task_type=task_type, kwargs=given, submitted_by="ada", **options)
    wait_for(lambda: reload(task).state == state, what=f"{task.name} to be {state}")
    return task


def _stop(task: Task) -> None:
    cancel(task_id=task.pk, actor="ada")
    wait_for(lambda: reload(task).state == State.REVOKED, what=f"{task.name} to stop")
