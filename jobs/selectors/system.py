"""How the parts of the installation do: for people who look after it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import DatabaseError, connection

from jobs.broker import sight
from jobs.broker.counters import Counters, counters
from jobs.conf import get_conf
from jobs.selectors.health import Diagnosis, diagnose
from jobs.store.sizes import TableSize, sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFacts:
    """All of it, at one moment."""

    diagnosis: Diagnosis
    redis: sight.Server
    leader: str | None
    leads_since: datetime | None
    counters: Counters
    database: str
    """Kind and version."""
    database_bytes: int | None
    tables: Sequence[TableSize]
    releases: Sequence[tuple[str, int]]
    """Of the workers online, with their number."""
    settings: Sequence[tuple[str, str]]


def system_facts() -> SystemFacts:
    """Read it; what is away is told as a finding, and its part is empty."""
    diagnosis = diagnose()
    online = [worker for worker in diagnosis.workers if worker.state != "lost"]
    try:
        whole, tables = sizes(_tables())
    except DatabaseError:
        whole, tables = None, []
    return SystemFacts(
        diagnosis=diagnosis,
        redis=sight.server(),
        leader=sight.leader_name(),
        leads_since=sight.leader_since(),
        counters=counters(),
        database=_database(),
        database_bytes=whole,
        tables=tables,
        releases=sorted(Counter(worker.release for worker in online).items()),
        settings=_settings(),
    )


def _tables() -> list[str]:
    names = connection.introspection.django_table_names()
    return sorted(name for name in names if name.startswith("jobs_"))


def _database() -> str:
    try:
        version = ".".join(str(part) for part in connection.get_database_version())
    except DatabaseError:
        return connection.display_name
    return f"{connection.display_name} {version}"


def _settings() -> list[tuple[str, str]]:
    """What `settings.JOBS` says, defaults filled in: none of its keys holds a secret."""
    conf = get_conf()
    values = ((item.name.upper(), getattr(conf, item.name)) for item in fields(conf))
    return [
        (name, ", ".join(value) if isinstance(value, tuple) else str(value))
        for name, value in values
    ]
