"""The worker's one transaction: end what has run, take what is next."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from jobs.domain.outcomes import Outcome
from jobs.domain.states import State
from jobs.store import failures, rollup
from jobs.store.claim import Claim, Expired, claim, expire
from jobs.store.dialect import POSTGRESQL_PLAN, is_postgresql
from jobs.store.finish import finish


@dataclass(slots=True)
class Exchanged:
    """What one exchange did: new states of the ended, the claims, and what had expired.

    `awaited` are those of the ended on which others depend.
    """

    ended: dict[str, State] = field(default_factory=dict)
    awaited: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    expired: list[Expired] = field(default_factory=list)


def connect() -> None:
    """Open this thread's connection, if it is not, with the plans that the hot path needs."""
    if is_postgresql() and connection.connection is None:
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_PLAN)


def exchange(
    outcomes: Sequence[Outcome],
    task_ids: Sequence[str],
    *,
    worker: str,
    release: str,
    names: Sequence[str],
    queues: Sequence[str],
    now: float,
) -> Exchanged:
    """End the outcomes and claim the tasks of `names` and on `queues`, all or nothing.

    A repeated call after a lost answer is harmless: what is already ended or taken no longer
    matches. Raises django.db.Error when the database is away; then nothing is known to be done.
    """
    connect()
    did = Exchanged()
    with transaction.atomic(), connection.cursor() as cursor:
        if outcomes:
            did.ended, did.awaited = finish(cursor, outcomes, release=release)
        if task_ids:
            did.claims = claim(cursor, task_ids, worker=worker, names=names, queues=queues, now=now)
            if len(did.claims) < len(task_ids):
                taken = {taken.task_id for taken in did.claims}
                left = [task_id for task_id in task_ids if task_id not in taken]
                did.expired = expire(cursor, left, now=now)
        if outcomes:
            failures.add(cursor, failures.of_attempts(outcomes, did.ended, release=release))
        if outcomes or did.expired:
            rollup.add(cursor, outcomes, did.ended, did.expired, now=now)
    return did
