"""What is wrong with this installation, and how to mend it."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

from django.db import DatabaseError, connection
from django.utils import timezone

from jobs.broker import sight
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.domain.wording import counted, duration
from jobs.domain.workers import WorkerState
from jobs.models import Task, WorkerLease
from jobs.selectors.migrations import missing_migrations
from jobs.selectors.queues import queues
from jobs.selectors.task_types import unknown_types
from jobs.selectors.workers import workers

#: The list pops that workers need came with this version.
OLDEST_REDIS = (7, 0)
#: A pending task that waits this long without a ticket was lost, not just on its way.
LOST_SECONDS = 10.0
#: A task that waits longer than this is worth a word.
LONG_WAIT_SECONDS = 300.0


class Level(StrEnum):
    """How bad a finding is; only an error makes `manage.py doctor` fail."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `mend` says what to do about it."""

    check: str
    level: Level
    message: str
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """The same as plain types."""
        return asdict(self)


def diagnose() -> list[Finding]:
    """Check everything, in the order in which faults cause each other."""
    database, redis = list(_database()), list(_redis())
    rows_can_be_read = _all_is_well(database)
    redis_answers = all(finding.level is not Level.ERROR for finding in redis)
    findings = [*database, *redis]
    try:
        if rows_can_be_read:
            findings += [*_workers(), *_queues(), *_task_types()]
        if rows_can_be_read and redis_answers:
            findings += [*_leader(), *_lost_tickets()]
    except DatabaseError as error:
        findings.append(_away(error))
    return findings


def obstacles() -> list[Finding]:
    """What keeps a worker from starting: a database or a Redis that is away, or not as it must be.

    As long as all is well, this is two round trips.
    """
    try:
        WorkerLease.objects.exists()
        database: list[Finding] = []
    except DatabaseError:
        database = list(_database())
    return [finding for finding in (*database, *_redis()) if finding.level is Level.ERROR]


def _all_is_well(findings: Iterable[Finding]) -> bool:
    return all(finding.level is Level.OK for finding in findings)


def _database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        yield _away(error)
        return
    yield Finding("database", Level.OK, f"{connection.display_name} answers.")
    if missing := missing_migrations():
        yield Finding(
            "migrations",
            Level.ERROR,
            f"Not applied: {counted(missing, 'migration')}.",
            "Run `manage.py migrate`.",
        )
    else:
        yield Finding("migrations", Level.OK, "All migrations are applied.")


def _away(error: DatabaseError) -> Finding:
    return Finding(
        "database",
        Level.ERROR,
        f"The database does not answer ({type(error).__name__}).",
        "Start it, or correct DATABASE_URL. Tasks in it are safe meanwhile.",
    )


def _redis() -> Iterator[Finding]:
    server = sight.server()
    if server.fault:
        yield Finding(
            "redis",
            Level.ERROR,
            f"Redis does not answer ({server.fault}).",
            "Start it, or correct REDIS_URL. Tasks are accepted meanwhile, and run when it is "
            "back.",
        )
        return
    if _version(server.version) < OLDEST_REDIS:
        yield Finding(
            "redis",
            Level.ERROR,
            f"Redis is version {server.version}; workers need 7.0 or later.",
            "Upgrade it, or use Valkey.",
        )
    elif server.eviction not in {"", "noeviction"}:
        yield Finding(
            "redis",
            Level.WARNING,
            f"Redis {server.version} may throw tickets away when its memory is full "
            f"(maxmemory-policy {server.eviction}). They are rung again, but late.",
            "Set maxmemory-policy to noeviction.",
        )
    else:
        yield Finding("redis", Level.OK, f"Redis {server.version} answers.")


def _version(given: str) -> tuple[int, ...]:
    return tuple(int(part) for part in given.split(".")[:2] if part.isdigit())


def _workers() -> Iterator[Finding]:
    found = workers()
    online = [worker for worker in found if worker.state != "lost"]
    for worker in found:
        if worker.state == "lost":
            yield Finding(
                "workers",
                Level.WARNING,
                f"Worker {worker.name} on {worker.host} is silent for "
                f"{duration(worker.heartbeat_age_seconds)}, with "
                f"{counted(len(worker.current_tasks), 'task')}.",
                "Nothing, if another worker or `manage.py run_maintenance` runs: its tasks go on "
                "elsewhere.",
            )
        elif not worker.is_serving:
            told = f" {worker.instructed.words}" if worker.instructed else ""
            yield Finding(
                "workers",
                Level.WARNING,
                f"Worker {worker.name} on {worker.host} is {worker.state} with "
                f"{counted(len(worker.current_tasks), 'task')}{told}",
                "Nothing: it goes by itself."
                if worker.state == WorkerState.STOPPING
                else f"If it may go on: `POST /api/workers/{worker.name}/resume`, or the admin's "
                "page.",
            )
    if online:
        yield Finding("workers", Level.OK, f"{counted(len(online), 'worker')} online.")
    else:
        yield Finding(
            "workers",
            Level.ERROR,
            "No worker is online.",
            "Start one: `manage.py rqworker high default low`.",
        )


def _leader() -> Iterator[Finding]:
    leader = sight.leader_name()
    if leader:
        yield Finding("leader", Level.OK, f"{leader} does the maintenance.")
    else:
        yield Finding(
            "leader",
            Level.ERROR,
            "Nobody does the maintenance: retries, schedules and rescues wait.",
            "Start a worker or `manage.py run_maintenance`; if one runs, see its log.",
        )


def _queues() -> Iterator[Finding]:
    for queue in queues():
        waits = queue.oldest_waiting_seconds
        since = "" if waits is None else f", the oldest for {duration(waits)}"
        standing = f"Queue {queue.name}: {queue.pending} waiting{since}, {queue.running} running"
        if queue.paused:
            yield Finding(
                "queues",
                Level.WARNING,
                f"{standing}, {queue.paused.words(now=timezone.now())}",
                f"If it may go on: `POST /api/queues/{queue.name}/resume`, or the admin's page.",
            )
        elif not queue.workers:
            yield Finding(
                "queues",
                Level.ERROR if queue.pending else Level.WARNING,
                f"{standing}, and no worker listens.",
                f"Start one: `manage.py rqworker {queue.name}`.",
            )
        elif waits is not None and waits > LONG_WAIT_SECONDS:
            yield Finding(
                "queues",
                Level.WARNING,
                f"{standing}, {counted(queue.workers, 'worker')}.",
                "Start more workers on it, or ask a task why it waits: "
                "`GET /api/tasks/{id}/explain`.",
            )
        else:
            yield Finding("queues", Level.OK, f"{standing}, {counted(queue.workers, 'worker')}.")


def _lost_tickets() -> Iterator[Finding]:
    lost = {}
    before = timezone.now() - timedelta(seconds=LOST_SECONDS)
    for queue in queues():
        tickets = sight.ticket_count(queue.name)
        waiting = Task.objects.filter(
            state=State.PENDING, queue=queue.name, run_after__lt=before
        ).count()
        if tickets is not None and waiting > tickets:
            lost[queue.name] = waiting - tickets
    if lost:
        names = ", ".join(f"{count} on {name}" for name, count in lost.items())
        yield Finding(
            "tickets",
            Level.WARNING,
            f"Pending tasks have no ticket in Redis: at least {names}.",
            "They are rung again by themselves within seconds while a worker or "
            "`manage.py run_maintenance` runs.",
        )
    else:
        yield Finding("tickets", Level.OK, "No ticket is lost.")


def _task_types() -> Iterator[Finding]:
    found = [f"{name!r} ({count})" for name, count in unknown_types()]
    if found:
        yield Finding(
            "task types",
            Level.ERROR,
            f"Tasks wait whose type this release does not know: {', '.join(found)}.",
            "Deploy the code that has them, give a renamed type its old name as an alias, or "
            "cancel them.",
        )
    else:
        yield Finding("task types", Level.OK, f"{len(registry.names())} task types are registered.")
