"""Why a task is not running, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from jobs.broker import sight
from jobs.domain.registry import registry
from jobs.domain.states import ENDED, State
from jobs.domain.wording import Moment, counted
from jobs.models import Task
from jobs.selectors.loads import QueueLoad, loads
from jobs.selectors.pauses import Paused, PauseFacts, paused_at
from jobs.selectors.relatives import waits_for
from jobs.selectors.workers import WorkerFacts, workers

#: A due task that still waits after this was forgotten by maintenance.
OVERDUE = timedelta(seconds=5)
#: Of the tasks that a blocked one waits for, so many are named.
MOST_AWAITED = 10
#: Of the quiet workers, so many.
MOST_QUIET = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the answer. `about` names what to look at: pairs of kind and name.

    Kinds are `task`, `queue`, `worker`, `task_type`, `dead_letter`. `moments` are those that the
    message tells, in its order, for pages that tell them in the reader's zone.
    """

    code: str
    message: str
    about: tuple[tuple[str, str], ...] = ()
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around a task at one moment."""

    now: datetime
    queues: Sequence[QueueLoad]
    workers: Sequence[WorkerFacts]
    type_is_known: bool = True
    type_paused: PauseFacts | None = None
    waits_for: Sequence[Task] = ()
    """What a blocked task depends on and has not succeeded."""
    line: sight.Line = field(default_factory=sight.Line)

    def listening(self, queue: str) -> list[WorkerFacts]:
        """The workers that take tasks of a queue."""
        return [each for each in self.workers if each.is_serving and queue in each.queues]

    @property
    def online(self) -> list[WorkerFacts]:
        """The workers that give signs of life."""
        return [worker for worker in self.workers if worker.state != "lost"]

    def moment(self, at: datetime) -> Moment:
        """A moment as seen from this one."""
        return Moment(at, now=self.now)


def explain(task: Task) -> list[Reason]:
    """The reasons that hold now, the most telling first; never empty."""
    return reasons(task, surroundings(task))


def surroundings(task: Task) -> Surroundings:
    """Read what stands around a task, no more than its state asks for."""
    state, now = State(task.state), timezone.now()
    line = sight.line(task.queue, str(task.pk)) if state == State.PENDING else sight.Line()
    is_due_to_run = state in {State.PENDING, State.SCHEDULED, State.RETRY}
    paused = paused_at(now) if is_due_to_run else Paused()
    return Surroundings(
        now=now,
        queues=loads(paused.queues) if is_due_to_run else (),
        workers=() if state in ENDED else workers(most_tasks=1),
        type_is_known=registry.find(task.name) is not None,
        type_paused=paused.types.get(registry.names_of(task.name)[0]),
        line=line,
        waits_for=waits_for(task) if state == State.BLOCKED else (),
    )


def reasons(task: Task, around: Surroundings) -> list[Reason]:
    """The same from given surroundings."""
    match State(task.state):
        case State.PENDING:
            return list(_pending(task, around))
        case State.STARTED:
            return list(_running(task, around))
        case State.SCHEDULED | State.RETRY:
            return list(_waiting(task, around))
        case State.BLOCKED:
            return list(_blocked(around))
    return [_ended(task, around)]


def _blocked(around: Surroundings) -> Iterator[Reason]:
    for other in around.waits_for[:MOST_AWAITED]:
        about = (("task", str(other.pk)),)
        words = f"It waits for task {other.pk} ({other.name}), which is {other.state}."
        yield Reason("blocked", words, about)
    further = len(around.waits_for) - MOST_AWAITED
    if further > 0:
        yield Reason("blocked", f"It waits for {counted(further, 'further task')}.")
    if not around.waits_for:
        yield Reason("blocked", "What it waited for has succeeded: it moves on within seconds.")


def _ended(task: Task, around: Surroundings) -> Reason:
    when = around.moment(task.finished_at or task.updated_at)
    match State(task.state):
        case State.SUCCESS:
            return Reason("succeeded", f"It ended well at {when}.", moments=(when,))
        case State.FAILURE if task.discarded_at is not None:
            return Reason(
                "discarded", f"It failed at {when} and was discarded since.", moments=(when,)
            )
        case State.FAILURE:
            return Reason(
                "failed",
                f"It failed for good at {when}, after {counted(task.attempt_count, 'attempt')}. "
                "It lies in the dead-letter queue until it is requeued or discarded.",
                (("dead_letter", str(task.pk)),),
                (when,),
            )
    if task.expires_at is not None and task.cancel_requested_at is None:
        expiry = around.moment(task.expires_at)
        return Reason("expired", f"No worker was free before {expiry}.", moments=(expiry,))
    return Reason(
        "revoked", f"It was cancelled at {when}; its events say by whom.", moments=(when,)
    )


def _running(task: Task, around: Surroundings) -> Iterator[Reason]:
    name = task.worker or ""
    about = (("worker", name),)
    if task.cancel_requested_at is not None:
        asked = around.moment(task.cancel_requested_at)
        yield Reason(
            "cancel_requested",
            f"A cancel was asked for at {asked}; its worker stops it.",
            about,
            (asked,),
        )
    if name not in {worker.name for worker in around.online}:
        yield Reason(
            "worker_lost",
            f"Worker {name} gives no sign of life. When its lease has run out, the task goes on "
            "elsewhere.",
            about,
        )
    since = around.moment(task.started_at or task.updated_at)
    yield Reason("running", f"It runs on worker {name} since {since}.", about, (since,))


def _waiting(task: Task, around: Surroundings) -> Iterator[Reason]:
    due = around.moment(task.run_after)
    if task.state == State.RETRY:
        tried = f"Its last attempt failed. Retry {task.tries} of {task.max_retries}"
        died = "Its last attempt ended with its worker's death. The next"
        yield Reason(
            "retry_wait", f"{tried if task.tries else died} is due at {due}.", moments=(due,)
        )
    else:
        yield Reason("scheduled", f"It is to run at {due}.", moments=(due,))
    if task.run_after < around.now - OVERDUE:
        yield Reason(
            "not_promoted",
            "It is overdue: no maintenance runs. Each worker does it, or "
            "`manage.py run_maintenance`.",
        )
    yield from _obstacles(task, around)


def _pending(task: Task, around: Surroundings) -> Iterator[Reason]:
    obstacles = list(_obstacles(task, around))
    yield from obstacles
    if around.type_paused:  # its ticket is used up: it has no place in line
        return
    yield from _line(task, around)
    if any(reason.code in {"no_worker", "workers_quiet"} for reason in obstacles):
        return
    listening = around.listening(task.queue)
    slots = sum(worker.concurrency for worker in listening)
    taken = sum(min(worker.held_count, worker.concurrency) for worker in listening)
    about = (("queue", task.queue),)
    if taken >= slots:
        yield Reason("workers_busy", f"All {slots} places of the queue's workers are taken.", about)
    elif not obstacles:
        yield Reason("next", "Nothing holds it: a worker takes it next.", about)


def _obstacles(task: Task, around: Surroundings) -> Iterator[Reason]:
    """What keeps a waiting task from running, whether its time has come or not."""
    paused = {queue.name: queue.paused for queue in around.queues if queue.paused is not None}
    if pause := paused.get(task.queue):
        yield Reason(
            "queue_paused",
            f"Its queue {task.queue!r} is {pause.words(now=around.now)}",
            (("queue", task.queue),),
            pause.moments(now=around.now),
        )
    if held := around.type_paused:
        yield Reason(
            "task_type_paused",
            f"Its type {task.name!r} is {held.words(now=around.now)}",
            (("task_type", task.name),),
            held.moments(now=around.now),
        )
    if task.expires_at is not None and task.expires_at <= around.now:
        expiry = around.moment(task.expires_at)
        yield Reason(
            "expired", f"Its time ran out at {expiry}: it will be revoked.", moments=(expiry,)
        )
    if not around.type_is_known:
        yield Reason(
            "unknown_task_type",
            f"No function is registered as {task.name!r} in this release.",
            (("task_type", task.name),),
        )
    listening = around.listening(task.queue)
    quiet = [worker for worker in around.online if task.queue in worker.queues]
    if quiet and not listening:
        names = ", ".join(_told(worker) for worker in quiet[:MOST_QUIET])
        yield Reason(
            "workers_quiet",
            f"Every worker of its queue was told to take nothing new: {names}.",
            tuple(("worker", worker.name) for worker in quiet[:MOST_QUIET]),
        )
        return
    if not listening:
        yield Reason(
            "no_worker",
            f"No worker listens on queue {task.queue!r}: start one with "
            f"`manage.py rqworker {task.queue}`.",
            (("queue", task.queue),),
        )
        return
    first = [
        queue
        for queue in around.queues
        if queue.pending
        and queue.name not in paused
        and all(_serves_before(queue.name, task.queue, w) for w in listening)
    ]
    if first:
        names = ", ".join(f"{queue.name!r} ({queue.pending})" for queue in first)
        yield Reason(
            "other_queues_first",
            f"Its workers serve other queues first, in which tasks wait: {names}.",
            tuple(("queue", queue.name) for queue in first),
        )


def _told(worker: WorkerFacts) -> str:
    return f"{worker.name} ({worker.instructed.words})" if worker.instructed else worker.name


def _serves_before(other: str, queue: str, worker: WorkerFacts) -> bool:
    return other in worker.queues and worker.queues.index(other) < worker.queues.index(queue)


def _line(task: Task, around: Surroundings) -> Iterator[Reason]:
    about = (("queue", task.queue),)
    if not around.line.redis_answers:
        yield Reason(
            "redis_away",
            "Redis does not answer. The task is safe in the database, and is handed to a worker "
            "when Redis is back.",
        )
    elif around.line.place is not None:
        if around.line.place:
            yield Reason(
                "in_line",
                f"It has {counted(around.line.place, 'task')} of its queue before it.",
                about,
            )
    elif around.line.is_whole:
        yield Reason(
            "no_ticket",
            "Its ticket is not in Redis: it is being taken this moment, or was lost and will be "
            "rung again within seconds.",
            about,
        )
    else:
        yield Reason(
            "in_line", f"It has more than {sight.DEPTH} tasks of its queue before it.", about
        )
