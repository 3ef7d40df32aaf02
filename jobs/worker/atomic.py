"""`atomic=True`: a function and the record of its success in one transaction.

Whatever kills the process, the connection or the lease before the commit takes both away; after
it both are there, and whoever tries to record the attempt once more matches no row.
"""

import logging
from collections.abc import Callable
from contextlib import suppress

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction

from jobs.domain.outcomes import Outcome
from jobs.domain.states import Move
from jobs.store import rollup
from jobs.store.finish import finish

logger = logging.getLogger(__name__)


def in_one_transaction(
    attempt: Callable[[], Outcome],
    *,
    disarm: Callable[[], None],
    ended_by: Callable[[BaseException], Outcome],
    release: str,
) -> Outcome:
    """Run an attempt in a transaction of the default database that also records its success.

    Gives its outcome, with `is_written` when it is committed. Any other has left nothing behind,
    and is to be written as ever: that of a task which somebody else has taken over, or whose
    commit went through without an answer, will match no row. `disarm` is called when the function
    has returned: from then on no order may interrupt. `ended_by` turns an error of the database
    into an outcome.
    """
    committed: list[bool] = []
    try:
        with transaction.atomic(durable=True):
            # Before any that the function adds: those may fail, and are not to be believed then.
            transaction.on_commit(lambda: committed.append(True))
            outcome = attempt()
            disarm()
            if outcome.move is not Move.SUCCEED or not _record(outcome, release):
                transaction.set_rollback(True)
    except BaseException as error:
        _let_go()
        if committed:
            logger.exception("a task is done, but what it left for after its commit failed")
        else:
            outcome = ended_by(error)
    outcome.is_written = bool(committed)
    return outcome


def _record(outcome: Outcome, release: str) -> bool:
    """End the task, if it is still ours to end."""
    with connection.cursor() as cursor:
        states, _ = finish(cursor, [outcome], release=release)
        rollup.add(cursor, [outcome], states, [], now=outcome.finished)
    return bool(states)


def _let_go() -> None:
    """Forget a connection of which nobody knows how far it got."""
    with suppress(DatabaseError):
        connection.close()
    del connections[DEFAULT_DB_ALIAS]
