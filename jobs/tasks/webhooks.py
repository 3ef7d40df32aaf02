"""The task that delivers to one webhook."""

import time
from uuid import UUID

from jobs import RetryPolicy, Snooze, task
from jobs.domain.running import RunningTask
from jobs.domain.webhooks import RUNNER
from jobs.services.deliver import deliver_next

#: It works this long at a time, then lets others have its place: other webhooks and other tasks.
TURN_SECONDS = 10.0


@task(
    name=RUNNER,
    queue_name="low",
    max_retries=20,
    timeout_seconds=600,
    backoff=RetryPolicy(first_seconds=1, factor=2, max_seconds=30),
    takes_context=True,
    internal=True,
)
def deliver_webhooks(context: RunningTask, webhook_id: UUID) -> dict[str, int]:
    """Send what is due to one webhook, one message after another, and count what became of it.

    At most one runs for each webhook, so that a slow receiver holds up nobody but itself. After a
    failure it ends; `jobs.maintenance.webhooks` has it begin again when it is time.
    """
    until = time.monotonic() + TURN_SECONDS
    count = {"delivered": 0, "failed": 0}
    while (is_delivered := deliver_next(webhook_id=webhook_id)) is not None:
        count["delivered" if is_delivered else "failed"] += 1
        if context.stop_requested or time.monotonic() > until:
            raise Snooze(0)
    return count
