"""What is wrong with this installation, and how to mend it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.utils import timezone

from jobs.broker import sight
from jobs.domain.wording import counted
from jobs.models import WorkerLease
from jobs.selectors.findings import Finding, Level
from jobs.selectors.migrations import missing_migrations
from jobs.selectors.pauses import paused_at
from jobs.selectors.standing import (
    check_queues,
    check_task_types,
    check_tickets,
    check_workers,
    standings,
)
from jobs.selectors.workers import WorkerFacts, workers

#: The list pops that workers need came with this version.
OLDEST_REDIS = (7, 0)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, in the order in which faults cause each other; and who works."""

    findings: list[Finding]
    workers: list[WorkerFacts]


def diagnose() -> Diagnosis:
    """Check everything."""
    found: list[WorkerFacts] = []
    database, redis = list(_database()), list(_redis())
    rows_can_be_read = _all_is_well(database)
    redis_answers = all(finding.level is not Level.ERROR for finding in redis)
    findings = [*database, *redis]
    try:
        if rows_can_be_read:
            now, found = timezone.now(), workers(most_tasks=1)
            paused = paused_at(now)
            queues = standings(now, paused)
            findings += [
                *check_workers(found),
                *check_queues(queues, found, now),
                *check_task_types(paused.types, now),
            ]
            if redis_answers:
                findings += [*_leader(), *check_tickets(queues)]
    except DatabaseError as error:
        findings.append(_away(error))
    return Diagnosis(findings, found)


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
        missing = missing_migrations()
    except DatabaseError as error:
        yield _away(error)
        return
    yield Finding("database", Level.OK, f"{connection.display_name} answers.")
    if missing:
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
