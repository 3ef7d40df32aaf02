"""End what a dead worker, or a dead horse, left STARTED."""

import time
from collections.abc import Mapping, Sequence
from enum import Enum

from django.db import connection, transaction

from jobs.broker import started, tickets
from jobs.conf import get_conf
from jobs.domain.fingerprint import CRASHED, LOST, TIMED_OUT, FailureGroup
from jobs.domain.next_move import NextMove, after_death, after_exception
from jobs.domain.outcomes import Ending, Outcome, TaskTimeout
from jobs.domain.registry import registry
from jobs.domain.retries import ANY_EXCEPTION, RetryPolicy
from jobs.domain.states import Move, State
from jobs.models import Event, Task
from jobs.services import moves
from jobs.signals import attempts_ended
from jobs.store import failures, rollup
from jobs.store.finish import finish
from jobs.store.release import release


class Verdict(Enum):
    """Why a task that ran is not running any more."""

    LOST = "its worker was lost"
    CRASHED = "its process died"
    TIMED_OUT = "it ran longer than its time limit and did not end when asked"
    STOPPED = "it was cancelled while it ran"
    SHUT_DOWN = "its worker was shut down before it ended"
    BESIDE = "another task of its process had to be killed"


#: Ends that a task has no part in: it is given back, and nothing is counted.
_INNOCENT = {Verdict.SHUT_DOWN, Verdict.BESIDE}
_ENDINGS = {
    Verdict.LOST: Ending.LOST,
    Verdict.CRASHED: Ending.CRASHED,
    Verdict.TIMED_OUT: Ending.TIMEOUT,
    Verdict.STOPPED: Ending.CANCELLED,
}
_GROUPS = {Verdict.LOST: LOST, Verdict.CRASHED: CRASHED, Verdict.TIMED_OUT: TIMED_OUT}


def held_by(worker: str) -> list[Task]:
    """The tasks that a worker holds."""
    return list(Task.objects.filter(worker=worker, state=State.STARTED))


def rescue(
    held: Sequence[Task],
    *,
    verdicts: Mapping[tuple[str, int], Verdict] | None,
    detail: str,
    release_name: str = "",
) -> int:
    """End or give back tasks that a dead worker, or a dead horse, held; gives how many there were.

    They are given as they were read before their holder was known to be dead: a worker that comes
    back under the same name holds others, or the same ones under another fence.

    `verdicts` says for (task id, fence) what became of the tasks that ran; the others were never
    begun and go back without a trace. `None` means that nobody knows: all count as lost. `detail`
    goes into the attempts' error. Idempotent: what somebody else has ended meanwhile is left alone.
    """
    given_back: list[tuple[str, int]] = []
    innocent: list[tuple[Task, Verdict]] = []
    outcomes: list[Outcome] = []
    for task in held:
        verdict = (
            Verdict.LOST if verdicts is None else verdicts.get((str(task.pk), task.fence), None)
        )
        if verdict is None or verdict in _INNOCENT:
            given_back.append((str(task.pk), task.fence))
            innocent += [(task, verdict)] if verdict else []
        else:
            outcomes.append(_outcome(task, verdict, detail))
    _end(outcomes, release_name)
    _give_back(given_back, innocent)
    if held:
        started.withdraw_now((task.queue, str(task.pk), task.fence) for task in held)
    return len(held)


def _end(outcomes: list[Outcome], release_name: str) -> None:
    if not outcomes:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        states, _ = finish(cursor, outcomes, release=release_name)
        failures.add(cursor, failures.of_attempts(outcomes, states, release=release_name))
        rollup.add(cursor, outcomes, states, [], now=time.time())
        moves.tell(list(states))
    attempts_ended.send(rescue, outcomes=outcomes, states=states)


def _give_back(given_back: list[tuple[str, int]], innocent: list[tuple[Task, Verdict]]) -> None:
    if not given_back:
        return
    with transaction.atomic():
        free = release(given_back)
        for verdict in _INNOCENT:
            tasks = [task for task, why in innocent if why is verdict]
            moves.record(
                tasks,
                kind=Event.Kind.RESCUED,
                actor=(tasks[0].worker or "") if tasks else "",
                reason=f"given back: {verdict.value}; no try is spent",
            )
    tickets.ring(free, at_front=True)


def _outcome(task: Task, verdict: Verdict, detail: str) -> Outcome:
    following = _following(task, verdict)
    finished = time.time()
    given_up = (
        f"; given up after {task.rescues + 1} such ends, whatever retries are left"
        if following.move is Move.FAIL and verdict in {Verdict.LOST, Verdict.CRASHED}
        else ""
    )
    return Outcome(
        task_id=str(task.pk),
        fence=task.fence,
        move=following.move,
        ending=_ENDINGS[verdict],
        queued=task.run_after.timestamp(),
        started=(task.started_at or task.updated_at).timestamp(),
        finished=finished,
        queue=task.queue,
        name=task.name,
        run_after=finished + following.delay_seconds if following.move is Move.RETRY else 0.0,
        exception=f"jobs.{verdict.name.title().replace('_', '')}",
        error=f"{verdict.value} ({detail}){given_up}",
        failure=FailureGroup(task.name, _GROUPS[verdict]) if verdict in _GROUPS else None,
    )


def _following(task: Task, verdict: Verdict) -> NextMove:
    task_type = registry.find(task.name)
    policy = task_type.backoff if task_type else RetryPolicy()
    if verdict is Verdict.STOPPED:
        return NextMove(Move.STOP)
    if verdict is Verdict.TIMED_OUT:
        # No user code runs here: a function that decides about retries is not asked.
        rules = task_type.retry_rules.without_function() if task_type else ANY_EXCEPTION
        return after_exception(
            TaskTimeout(),
            tries=task.tries,
            max_retries=task.max_retries,
            policy=policy,
            rules=rules,
        )
    return after_death(rescues=task.rescues, poison_limit=get_conf().poison_limit, policy=policy)
