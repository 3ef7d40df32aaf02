"""Run one task: whatever it does, the answer is an Outcome."""

import asyncio
import time
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from django.db import connections

from jobs.announcements import tell_started
from jobs.domain.fingerprint import TIMED_OUT, FailureGroup, group_of
from jobs.domain.next_move import after_exception
from jobs.domain.outcomes import Ending, Outcome, Snooze, TaskStopped, ending_of
from jobs.domain.payload import clean_text, encode
from jobs.domain.registry import TaskType, registry
from jobs.domain.running import RunningTask, current_task, running
from jobs.domain.states import Move
from jobs.exceptions import InvalidArguments, PayloadError
from jobs.store.claim import Claim
from jobs.worker.captured_log import CapturedLog

#: Bounds of what one attempt may say about its failure.
MOST_ERROR_CHARACTERS = 2_000
MOST_TRACEBACK_CHARACTERS = 16_000
_UNSTORABLE = "jobs.exceptions.PayloadError"


def run(
    claim: Claim,
    *,
    report: Callable[[dict[str, Any]], None],
    logged: Callable[[CapturedLog], None],
    should_stop: Callable[[], bool],
    result_limit_bytes: int,
) -> Outcome:
    """Call the claimed task's function in this thread, and tell how it ended.

    A coroutine gets an event loop of its own.
    """
    whole = attempt(
        claim,
        drive=_in_a_loop_of_its_own,
        report=report,
        logged=logged,
        should_stop=should_stop,
        result_limit_bytes=result_limit_bytes,
    )
    try:
        whole.send(None)
    except StopIteration as done:
        outcome: Outcome = done.value
        return outcome
    raise AssertionError("an attempt in a thread waits for nothing")


async def _in_a_loop_of_its_own(coroutine: Coroutine[Any, Any, object]) -> object:
    task = current_task()
    tell_started(task.task_id, task.name)
    return asyncio.run(coroutine)


async def attempt(
    claim: Claim,
    *,
    drive: Callable[[Coroutine[Any, Any, object]], Coroutine[Any, Any, object]],
    report: Callable[[dict[str, Any]], None],
    logged: Callable[[CapturedLog], None],
    should_stop: Callable[[], bool],
    result_limit_bytes: int,
) -> Outcome:
    """Call the claimed task's function and tell how it ended, and what it logged.

    `drive` sees a coroutine through. Nothing else is waited for, so that an attempt in a thread
    needs no event loop.

    Everything stored is made storable here, one task at a time: a poisoned value must not reach
    the statement that ends a whole batch.
    """
    with CapturedLog(logged) as log:
        outcome = await _attempt(
            claim,
            drive=drive,
            report=report,
            should_stop=should_stop,
            result_limit_bytes=result_limit_bytes,
        )
    outcome.log = log.text()
    return outcome


async def _attempt(
    claim: Claim,
    *,
    drive: Callable[[Coroutine[Any, Any, object]], Coroutine[Any, Any, object]],
    report: Callable[[dict[str, Any]], None],
    should_stop: Callable[[], bool],
    result_limit_bytes: int,
) -> Outcome:
    task_type = registry.get(claim.name)
    started = time.time()
    try:
        args, kwargs = task_type.arguments.decode(claim.args, claim.kwargs)
        context = RunningTask(
            task_id=claim.task_id,
            name=claim.name,
            attempt=claim.tries + 1,
            max_retries=claim.max_retries,
            report=report,
            should_stop=should_stop,
        )
        with running(context):
            leading = (context, *args) if task_type.takes_context else args
            if task_type.is_async:
                value = await drive(task_type.func(*leading, **kwargs))
            else:
                tell_started(claim.task_id, claim.name)
                value = task_type.func(*leading, **kwargs)
        result = None if value is None else encode(value, limit_bytes=result_limit_bytes).decode()
    except InvalidArguments as error:
        # The signature has changed since the row was written: no later try can do better.
        return _failed(claim, error, started, Move.FAIL, 0.0)
    except PayloadError as error:
        refused = PayloadError(problem=f"The result cannot be stored: {error}")
        return _after(claim, task_type, refused, started)
    except BaseException as error:
        return _after(claim, task_type, error, started)
    return Outcome(
        task_id=claim.task_id,
        fence=claim.fence,
        move=Move.SUCCEED,
        ending=Ending.SUCCEEDED,
        queued=claim.queued,
        started=started,
        finished=time.time(),
        queue=claim.queue,
        name=claim.name,
        result=result,
    )


def mend_connections() -> None:
    """Between tasks, as between requests: drop database connections that are broken or too old."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()


def ended_by(claim: Claim, error: BaseException, started: float) -> Outcome:
    """The outcome of an attempt that `error` ended; `started` is epoch seconds."""
    return _after(claim, registry.get(claim.name), error, started)


def unstorable(outcome: Outcome) -> Outcome:
    """The failure that stands in for an outcome the database refuses to store."""
    return replace(
        outcome,
        move=Move.FAIL,
        ending=Ending.FAILED,
        result=None,
        run_after=0.0,
        exception=_UNSTORABLE,
        error="PayloadError: the database refused to store what this attempt left behind",
        traceback="",
        log="",
        failure=FailureGroup(outcome.name, _UNSTORABLE),
    )


def _after(
    claim: Claim, task_type: TaskType[..., Any], error: BaseException, started: float
) -> Outcome:
    following = after_exception(
        error,
        tries=claim.tries,
        max_retries=claim.max_retries,
        policy=task_type.backoff,
        rules=task_type.retry_rules,
    )
    return _failed(claim, error, started, following.move, following.delay_seconds)


def _failed(
    claim: Claim, error: BaseException, started: float, move: Move, delay_seconds: float
) -> Outcome:
    finished = time.time()
    waits = move in {Move.RETRY, Move.SNOOZE}
    ending = ending_of(error)
    return Outcome(
        task_id=claim.task_id,
        fence=claim.fence,
        move=move,
        ending=ending,
        queued=claim.queued,
        started=started,
        finished=finished,
        queue=claim.queue,
        name=claim.name,
        run_after=finished + delay_seconds if waits else 0.0,
        exception=f"{type(error).__module__}.{type(error).__qualname__}"[:200],
        error=_sentence(error),
        traceback=_traceback(error),
        failure=_group(claim.name, error, ending),
    )


def _group(name: str, error: BaseException, ending: Ending) -> FailureGroup | None:
    match ending:
        case Ending.FAILED:
            return group_of(name, error)
        case Ending.TIMEOUT:
            return FailureGroup(name, TIMED_OUT)
        case _:
            return None


def _sentence(error: BaseException) -> str:
    try:
        words = str(error)
    except Exception as fault:
        words = f"(its message cannot be read: {type(fault).__name__})"
    text = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return clean_text(text)[:MOST_ERROR_CHARACTERS]


def _traceback(error: BaseException) -> str:
    if isinstance(error, Snooze | TaskStopped):
        return ""
    try:
        text = "".join(traceback.format_exception(error))
    except Exception as fault:
        text = f"(the traceback cannot be formatted: {type(fault).__name__})"
    return clean_text(text)[-MOST_TRACEBACK_CHARACTERS:]
