"""Tell a worker to take nothing new, to go, or to work again.

The row is the truth: its worker reads it with every heartbeat, once a second.
"""

from django.db import transaction
from django.utils import timezone

from jobs.domain.workers import Instruction, WorkerState
from jobs.exceptions import WorkerNotFound, WorkerRefused
from jobs.models import WorkerLease


@transaction.atomic
def instruct(*, worker: str, instruction: Instruction, actor: str, reason: str = "") -> WorkerLease:
    """Tell a worker, and give its lease; what it was told already is left as it is.

    Raises:
        WorkerNotFound: no worker of this name is registered.
        WorkerRefused: it was told to stop, which nothing takes back.
    """
    leases = WorkerLease.objects.select_for_update()
    lease = None if "\0" in worker else leases.filter(name=worker).first()
    if lease is None:
        raise WorkerNotFound(worker=worker)
    if lease.instruction == instruction:
        return lease
    if lease.instruction == Instruction.STOP:
        raise WorkerRefused(worker=worker, state=WorkerState.STOPPING, verb=instruction.value)
    lease.instruction, lease.instructed_by = instruction.value, actor
    lease.instructed_reason, lease.instructed_at = reason, timezone.now()
    lease.save(update_fields=["instruction", "instructed_by", "instructed_reason", "instructed_at"])
    return lease
