"""Why a task is not running: states and surroundings on the left, reasons on the right."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.broker.sight import Line
from jobs.domain.states import State
from jobs.models import Task
from jobs.selectors.explain import Surroundings, reasons
from jobs.selectors.loads import QueueLoad
from jobs.selectors.pauses import PauseFacts
from jobs.selectors.workers import CurrentTask, WorkerFacts

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=1)
AFTER = NOW + timedelta(minutes=1)


def task(state: State = State.PENDING, **columns: Any) -> Task:
    given: dict[str, Any] = {"name": "add", "queue": "low", "state": state, "run_after": NOW}
    return Task(**given | columns)


def worker(*queues: str, name: str = "w1", busy: int = 0, lost: bool = False) -> WorkerFacts:
    held = [CurrentTask(task_id="t", name="add", started_at=NOW)] * busy
    return WorkerFacts(
        name=name,
        host="h1",
        pid=1,
        queues=list(queues),
        state="lost" if lost else "busy" if busy else "idle",
        concurrency=2,
        release="",
        started_at=NOW,
        heartbeat_age_seconds=0.0,
        succeeded_count=0,
        failed_count=0,
        held_count=len(held),
        current_tasks=held,
    )


def queue(name: str, pending: int, *, paused: PauseFacts | None = None) -> QueueLoad:
    return QueueLoad(name=name, pending=pending, paused=paused)


def around(*workers: WorkerFacts, **facts: Any) -> Surroundings:
    given: dict[str, Any] = {"now": NOW, "queues": [], "line": Line(place=0)}
    return Surroundings(**given | {"workers": workers} | facts)


PAUSED = PauseFacts(by="ann", reason="the printer burns", since=BEFORE, until=None)
PAUSED_UNTIL = PauseFacts(by="ann", reason="lunch", since=BEFORE, until=AFTER)
IDLE = worker("low")
ALL = worker("high", "low")
TABLE: dict[str, tuple[Task, Surroundings, list[str]]] = {
    "nothing holds it": (task(), around(IDLE), ["next"]),
    "tasks before it": (task(), around(IDLE, line=Line(place=3)), ["in_line", "next"]),
    "a line beyond sight": (task(), around(IDLE, line=Line(is_whole=False)), ["in_line", "next"]),
    "a lost ticket": (task(), around(IDLE, line=Line()), ["no_ticket", "next"]),
    "Redis away": (task(), around(IDLE, line=Line(redis_answers=False)), ["redis_away", "next"]),
    "no worker": (task(), around(), ["no_worker"]),
    "no worker on its queue": (task(), around(worker("high")), ["no_worker"]),
    "only a lost worker": (task(), around(worker("low", lost=True)), ["no_worker"]),
    "all places taken": (task(), around(worker("low", busy=2)), ["workers_busy"]),
    "one place free": (task(), around(worker("low", busy=1)), ["next"]),
    "a free worker of another queue": (
        task(),
        around(worker("low", busy=2), worker("high", name="w2")),
        ["workers_busy"],
    ),
    "an urgent queue first": (
        task(),
        around(ALL, queues=[queue("high", 2)]),
        ["other_queues_first"],
    ),
    "an empty urgent queue": (task(), around(ALL, queues=[queue("high", 0)]), ["next"]),
    "a worker that serves it first": (
        task(),
        around(ALL, worker("low", "high", name="w2"), queues=[queue("high", 2)]),
        ["next"],
    ),
    "an urgent queue that is paused": (
        task(),
        around(ALL, queues=[queue("high", 2, paused=PAUSED)]),
        ["next"],
    ),
    "a paused queue": (
        task(),
        around(IDLE, queues=[queue("low", 1, paused=PAUSED)]),
        ["queue_paused"],
    ),
    "a queue that is paused for a time": (
        task(),
        around(IDLE, queues=[queue("low", 1, paused=PAUSED_UNTIL)]),
        ["queue_paused"],
    ),
    "a paused queue without a worker": (
        task(),
        around(queues=[queue("low", 1, paused=PAUSED)]),
        ["queue_paused", "no_worker"],
    ),
    "scheduled on a paused queue": (
        task(State.SCHEDULED, run_after=AFTER),
        around(IDLE, queues=[queue("low", 0, paused=PAUSED)]),
        ["scheduled", "queue_paused"],
    ),
    "running, its queue paused since": (
        task(State.STARTED, worker="w1", started_at=NOW),
        around(IDLE, queues=[queue("low", 0, paused=PAUSED)]),
        ["running"],
    ),
    "a paused type": (
        task(),
        around(IDLE, line=Line(is_whole=True), type_paused=PAUSED),
        ["task_type_paused"],
    ),
    "a paused type on a paused queue without a worker": (
        task(),
        around(queues=[queue("low", 1, paused=PAUSED)], type_paused=PAUSED),
        ["queue_paused", "task_type_paused", "no_worker"],
    ),
    "a retry of a paused type": (
        task(State.RETRY, run_after=AFTER, tries=1),
        around(IDLE, type_paused=PAUSED),
        ["retry_wait", "task_type_paused"],
    ),
    "running, its type paused since": (
        task(State.STARTED, worker="w1"),
        around(IDLE, type_paused=PAUSED),
        ["running"],
    ),
    "an unknown type": (task(), around(IDLE, type_is_known=False), ["unknown_task_type"]),
    "expired": (task(expires_at=BEFORE), around(IDLE), ["expired"]),
    "not expired yet": (task(expires_at=AFTER), around(IDLE), ["next"]),
    "scheduled": (task(State.SCHEDULED, run_after=AFTER), around(IDLE), ["scheduled"]),
    "scheduled, and nobody will take it": (
        task(State.SCHEDULED, run_after=AFTER),
        around(type_is_known=False),
        ["scheduled", "unknown_task_type", "no_worker"],
    ),
    "overdue": (
        task(State.SCHEDULED, run_after=BEFORE),
        around(IDLE),
        ["scheduled", "not_promoted"],
    ),
    "waits for a retry": (
        task(State.RETRY, run_after=AFTER, tries=1),
        around(IDLE),
        ["retry_wait"],
    ),
    "an overdue retry": (
        task(State.RETRY, run_after=BEFORE, tries=1),
        around(IDLE),
        ["retry_wait", "not_promoted"],
    ),
    "blocked": (task(State.BLOCKED), around(IDLE), ["blocked"]),
    "running": (task(State.STARTED, worker="w1", started_at=NOW), around(IDLE), ["running"]),
    "running, cancel asked for": (
        task(State.STARTED, worker="w1", started_at=NOW, cancel_requested_at=NOW),
        around(IDLE),
        ["cancel_requested", "running"],
    ),
    "running on a silent worker": (
        task(State.STARTED, worker="w1", started_at=NOW),
        around(worker("low", lost=True)),
        ["worker_lost", "running"],
    ),
    "running on a worker that is gone": (
        task(State.STARTED, worker="w9", started_at=NOW),
        around(IDLE),
        ["worker_lost", "running"],
    ),
    "succeeded": (task(State.SUCCESS, finished_at=NOW), around(), ["succeeded"]),
    "failed": (task(State.FAILURE, finished_at=NOW), around(), ["failed"]),
    "discarded": (task(State.FAILURE, finished_at=NOW, discarded_at=NOW), around(), ["discarded"]),
    "cancelled": (
        task(State.REVOKED, finished_at=NOW, cancel_requested_at=NOW),
        around(),
        ["revoked"],
    ),
    "expired and revoked": (
        task(State.REVOKED, finished_at=NOW, expires_at=BEFORE),
        around(),
        ["expired"],
    ),
}


@pytest.mark.parametrize(("about", "surroundings", "codes"), TABLE.values(), ids=TABLE)
def test_a_task_is_explained_by_what_holds_it(about, surroundings, codes):
    assert [reason.code for reason in reasons(about, surroundings)] == codes


@pytest.mark.parametrize(("about", "surroundings", "codes"), TABLE.values(), ids=TABLE)
def test_no_message_tells_a_moment_that_pages_cannot_find(about, surroundings, codes):
    for reason in reasons(about, surroundings):
        told = [str(moment) for moment in reason.moments]
        assert re.findall(r"\d{4}-\d\d-\d\d[^)]*\)", reason.message) == told


def test_every_state_has_an_explanation():
    assert {about.state for about, _, _ in TABLE.values()} == set(State)


def test_the_words_name_the_facts():
    # given
    about = task(State.RETRY, run_after=AFTER, tries=2, max_retries=5)

    # when
    (waits, nobody) = reasons(about, around())

    # then
    assert "Retry 2 of 5 is due at 2026-01-31 12:01:00 UTC (in 1 min)" in waits.message
    assert "manage.py rqworker low" in nobody.message
    assert nobody.about == (("queue", "low"),)


def test_a_task_whose_worker_died_is_not_said_to_have_failed():
    (reason,) = reasons(task(State.RETRY, run_after=AFTER, rescues=1), around(IDLE))

    assert "its worker's death" in reason.message


def test_a_pause_is_told_with_who_when_why_and_how_long():
    (reason,) = reasons(task(), around(IDLE, queues=[queue("low", 1, paused=PAUSED_UNTIL)]))

    assert reason.message == (
        "Its queue 'low' is paused by ann since 2026-01-31 11:59:00 UTC (1 min ago), "
        "until 2026-01-31 12:01:00 UTC (in 1 min): lunch"
    )
    (reason,) = reasons(task(), around(IDLE, type_paused=PAUSED))
    assert reason.message == (
        "Its type 'add' is paused by ann since 2026-01-31 11:59:00 UTC (1 min ago): "
        "the printer burns"
    )
