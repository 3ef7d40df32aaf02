"""What the feeder writes down: outcomes, claims, progress; and how it outlives the database."""

import logging
import time
from collections.abc import Sequence

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection
from redis import Redis
from redis.exceptions import RedisError

from jobs.broker import changes, tickets
from jobs.domain.outcomes import Outcome
from jobs.domain.registry import registry
from jobs.domain.states import ENDED, State
from jobs.models import Task
from jobs.services.unblock import unblock
from jobs.signals import attempts_ended
from jobs.store.claim import Claim
from jobs.store.exchange import Exchanged, connect, exchange
from jobs.store.live_logs import write_live_logs
from jobs.store.progress import write_progress
from jobs.store.release import release
from jobs.worker.executors import unstorable
from jobs.worker.horse import Horse

logger = logging.getLogger(__name__)

#: After an error of the database, wait this long before the next try.
PAUSE_SECONDS = 0.5
PROGRESS_SECONDS = 0.25
LOG_SECONDS = 1.0
#: How often the table is asked whether something is ours that is not in our hands.
RECONCILE_SECONDS = 5.0


class Ledger:
    """The database side of one feeder; nothing ended is ever dropped while the process lives."""

    def __init__(
        self, horse: Horse, *, client: "Redis", worker: str, worker_key: str, release_name: str
    ) -> None:
        self.backlog: list[Outcome] = []
        """Ended, and to be written."""
        self.written: list[Outcome] = []
        """Ended and written by their own transactions: to be told of."""
        self._held: set[tuple[str, int]] = set()
        """(task id, fence) of what was claimed, and neither ended nor given back."""
        self._horse = horse
        self._client = client
        self._worker = worker
        self._worker_key = worker_key
        self._release_name = release_name
        self.names = registry.known_names()
        self._reconcile_at = 0.0
        self._progress_at = 0.0
        self._logs_at = 0.0

    @property
    def served_names(self) -> list[str]:
        """The names of the types whose tasks may begin now: those that are known and not paused."""
        paused = self._horse.slots.paused_types()
        return [name for name in self.names if name not in paused] if paused else self.names

    @property
    def is_clear(self) -> bool:
        """Whether there is nothing to write or to tell."""
        return not self.backlog and not self.written

    @property
    def is_unsure(self) -> bool:
        """Whether the table may say that something is ours which is not in our hands."""
        return self._reconcile_at == 0.0

    def exchange(self, popped: list[tuple[str, str]], *, still_listed: bool = False) -> list[Claim]:
        """End the backlog and claim the tickets, given as (queue, task id); gives the claims.

        While the database is away the backlog stays, and the tickets go back to their lists,
        unless they never left them.
        """
        try:
            did = self._write(self.backlog, popped)
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)
            tickets.ring([] if still_listed else popped, at_front=True)
            return []
        except (DataError, IntegrityError):
            logger.exception("an outcome cannot be stored")
            tickets.ring([] if still_listed else popped, at_front=True)
            self._sift()
            return []
        self._held |= {(claim.task_id, claim.fence) for claim in did.claims}
        self._settle(did)
        return did.claims

    def runnable(self, task_ids: Sequence[str], names: frozenset[str]) -> set[str]:
        """Those of the tasks that wait to be run and are of these types."""
        rows = Task.objects.filter(pk__in=task_ids, name__in=names).values_list("pk", "state")
        try:
            connect()
            return {str(pk) for pk, state in rows if state == State.PENDING}
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)
            return set()

    def give_back(self, held: list[Claim]) -> None:
        """Release claims that were never begun, and ring for them at their lists' front."""
        if not held:
            return
        pairs = [(claim.task_id, claim.fence) for claim in held]
        self._held.difference_update(pairs)
        try:
            free = release(pairs)
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)  # `reconcile` makes it good
            return
        tickets.ring(free, at_front=True)

    def reconcile(self) -> None:
        """Give back what the table says is ours but is not in our hands; looks now and then.

        A commit whose answer was lost leaves such rows, and so does one that a horse before us
        sent with its last breath.
        """
        if time.monotonic() < self._reconcile_at:
            return
        try:
            rows = Task.objects.filter(worker=self._worker, state=State.STARTED)
            ours = {(str(pk), fence) for pk, fence in rows.values_list("pk", "fence")}
            lost = sorted(ours - self._held)
            free = release(lost) if lost else []
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)
            return
        tickets.ring(free, at_front=True)
        self._reconcile_at = time.monotonic() + RECONCILE_SECONDS

    def flush_progress(self) -> None:
        """Write what running tasks said; every `PROGRESS_SECONDS` at most, unless some ended."""
        now = time.monotonic()
        if not self._horse.progress or (
            not self.backlog and now - self._progress_at < PROGRESS_SECONDS
        ):
            return
        self._progress_at = now
        said = list(self._horse.progress.values())
        for line in said:
            self._horse.progress.pop(line.task_id, None)
        try:
            write_progress(said, now=time.time())
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)
            return
        changes.tell([line.task_id for line in said], field=changes.PROGRESS)

    def flush_logs(self) -> None:
        """Write what running tasks logged last, every `LOG_SECONDS`, while somebody watches."""
        now = time.monotonic()
        if now - self._logs_at < LOG_SECONDS:
            return
        self._logs_at = now
        if not changes.is_watched():
            self._horse.log_tail.forget_ended()
            return
        ends = self._horse.log_tail.take()
        if not ends:
            return
        try:
            write_live_logs(ends)
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)
            return
        changes.tell([end.task_id for end in ends], field=changes.PROGRESS)

    def _write(self, outcomes: list[Outcome], popped: list[tuple[str, str]]) -> Exchanged:
        return exchange(
            outcomes,
            [task_id for _, task_id in popped],
            worker=self._worker,
            release=self._release_name,
            names=self.served_names,
            queues=list({queue for queue, _ in popped}),
            now=time.time(),
        )

    def _sift(self) -> None:
        """Write the backlog one by one; an outcome that cannot be stored ends as a failure."""
        outcomes, self.backlog = self.backlog, []
        for outcome in outcomes:
            for version in (outcome, unstorable(outcome)):
                try:
                    did = self._write([version], [])
                except (DataError, IntegrityError):
                    logger.exception("task %s", outcome.task_id)
                    continue
                self.backlog = [version]
                self._settle(did)
                break

    def _database_away(self, error: Exception) -> None:
        """Keep the outcomes for the next round; a commit may have happened without an answer."""
        logger.warning("the database is away, %d outcome(s) wait: %s", len(self.backlog), error)
        connection.close()
        self._reconcile_at = 0.0
        self._horse.wake.wait(PAUSE_SECONDS)

    def _settle(self, did: Exchanged) -> None:
        """After the commit: count, forget used tickets, tell the watchers and the listeners."""
        outcomes, self.backlog = self.backlog, []
        if self.written:
            outcomes += self.written
            did.ended.update((outcome.task_id, State.SUCCESS) for outcome in self.written)
            self.written = []
        self._held.difference_update((outcome.task_id, outcome.fence) for outcome in outcomes)
        stale = [outcome.task_id for outcome in outcomes if outcome.task_id not in did.ended]
        if stale:
            logger.warning("fenced out, outcomes dropped: %s", ", ".join(stale))
        succeeded = sum(state is State.SUCCESS for state in did.ended.values())
        self._horse.slots.count_ended(succeeded, len(did.ended) - succeeded)
        try:
            self._tell(did, succeeded)
        except RedisError as error:
            logger.warning("Redis is away, counts and news are skipped: %s", error)
        if did.awaited:
            self._unblock(did.awaited)
        if did.ended:
            attempts_ended.send(type(self), outcomes=outcomes, states=did.ended)

    def _unblock(self, awaited: list[str]) -> None:
        """Let what depends on these tasks go on at once; maintenance would take a second."""
        try:
            unblock(awaited)
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)

    def _tell(self, did: Exchanged, succeeded: int) -> None:
        pipe = self._client.pipeline(transaction=False)
        if did.ended:
            pipe.hincrby(self._worker_key, "successful_job_count", succeeded)
            pipe.hincrby(self._worker_key, "failed_job_count", len(did.ended) - succeeded)
        gone = [task_id for task_id, state in did.ended.items() if state in ENDED]
        tickets.drop(pipe, gone + [task.task_id for task in did.expired])
        if changes.is_watched():
            began = (claim.task_id for claim in did.claims)
            changes.tell_in(pipe, [*did.ended, *began, *(task.task_id for task in did.expired)])
        if len(pipe):
            pipe.execute()
