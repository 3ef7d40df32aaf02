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
from jobs.signals import attempts_ended, webhook_disabled

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
        logger.error(
            "task %s %s failed for good: %s", outcome.name, outcome.task_id, json.dumps(facts)
        )


@receiver(webhook_disabled, dispatch_uid="jobs.telemetry.logs.webhooks")
def log_disabled_webhook(*, webhook_id: UUID, reason: str, actor: str, **_: Any) -> None:
    """Log it, by its id: a URL may hold what is nobody's business."""
    by = f" by {actor}" if actor else ""
    webhooks_logger.warning("webhook %s is disabled%s: %s", webhook_id, by, reason)
