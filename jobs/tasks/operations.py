"""The task that works on actions over many tasks."""

import time
from uuid import UUID

from jobs import RetryPolicy, Snooze, task
from jobs.domain.operations import OperationState
from jobs.domain.running import RunningTask
from jobs.services.advance import CHUNK, advance
from jobs.services.operate import RUNNER
from jobs.store.dialect import is_postgresql

#: It works this long at a time, then lets others have its place.
TURN_SECONDS = 60.0
#: On PostgreSQL a step is this small: whoever submits meanwhile waits behind one in the worst case.
SMALL_STEP = 300
#: After each step it rests for this share of the time that the step took, so that whoever submits
#: meanwhile has a share of the database and of its disk.
REST = 0.25
#: SQLite lets one write at a time, and who waits looks again every tenth of a second: between two
#: steps there must be room for the workers, or they would lose their leases.
BREATH_SECONDS = 0.12


@task(
    name=RUNNER,
    queue_name="high",
    max_retries=20,
    timeout_seconds=600,
    backoff=RetryPolicy(first_seconds=1, factor=2, max_seconds=30),
    takes_context=True,
    internal=True,
)
def run_operation(context: RunningTask, operation_id: UUID) -> str:
    """Work on an operation until it is complete or stopped; gives its state.

    After a minute, and when its worker is told to go, it makes room and comes back.
    """
    until = time.monotonic() + TURN_SECONDS
    step = SMALL_STEP if is_postgresql() else CHUNK
    while True:
        began = time.monotonic()
        operation = advance(operation_id=operation_id, limit=step)
        if operation.state != OperationState.RUNNING:
            return operation.state
        context.progress(operation.percent or 0.0, 100.0, f"{operation.done_count:,} done")
        if context.stop_requested or time.monotonic() > until:
            raise Snooze(0)
        rest = REST * (time.monotonic() - began)
        time.sleep(rest if is_postgresql() else max(BREATH_SECONDS, rest))
