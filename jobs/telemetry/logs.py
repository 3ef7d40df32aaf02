"""What the log says about the work: one line for each task that ended badly for good.

And one for each webhook that is told nothing any more.
"""

import json
import logging
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from jobs.domain.outcomes import Outcome
from jobs.domain.states import State
from jobs.models import Event, Task
from jobs.signals import attempts_ended, dependants_failed, webhook_disabled

logger = logging.getLogger("jobs.failures")
webhooks_logger = logging.getLogger("jobs.webhooks")


@receiver(attempts_ended, dispatch_uid="jobs.telemetry.logs")
def log_final_failures(*, outcomes: list[Outcome], states: dict[str, State], **_: Any) -> None:
    """Log each task that is now in the dead-letter queue, its facts as JSON behind the words.

    Arguments and results are left out: logs are read by more people than they may be shown to.
    """
    for outcome in outcomes:
        if states.get(outcome.task_id) is not State.FAILURE:
            continue
        facts = {
            "task_id": outcome.task_id,
            "task_type": outcome.name,
            "queue": outcome.queue,
            "outcome": outcome.ending.value,
            "exception": outcome.exception,
            "run_seconds": round(outcome.finished - outcome.started, 3),
        }
        _log(facts)


@receiver(dependants_failed, dispatch_uid="jobs.telemetry.logs.dependants")
def log_failed_dependants(*, tasks: list[Task], why: str, **_: Any) -> None:
    """Log each task that is a dead letter since one it depends on failed; it never ran."""
    for task in tasks:
        _log(
            {
                "task_id": str(task.pk),
                "task_type": task.name,
                "queue": task.queue,
                "outcome": Event.Kind.DEPENDENCY_FAILED.value,
                "error": why,
            }
        )


@receiver(webhook_disabled, dispatch_uid="jobs.telemetry.logs.webhooks")
def log_disabled_webhook(*, webhook_id: UUID, reason: str, actor: str, **_: Any) -> None:
    """Log it, by its id: a URL may hold what is nobody's business."""
    by = f" by {actor}" if actor else ""
    webhooks_logger.warning("webhook %s is disabled%s: %s", webhook_id, by, reason)


def _log(facts: dict[str, Any]) -> None:
    logger.error(
        "task %s %s failed for good: %s", facts["task_type"], facts["task_id"], json.dumps(facts)
    )
