"""Which queues are compared, and how each starts two worker processes."""

import sys
from dataclasses import dataclass
from pathlib import Path

APPS = "benchmarks.peers.apps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A queue. `command` (words after `python`) runs `processes` times.

    `database` is where it writes what became of each task; empty when it keeps no such record.
    `settings` names Django's, where its commands need them.
    `count` bounds a run to some seconds; `singles` of them are enqueued one by one on the clock.
    """

    name: str
    module: str
    app: str
    command: tuple[str, ...]
    count: int
    processes: int = 2
    singles: int = 2_000
    database: str = ""
    settings: str = ""


def ours(database: str) -> Peer:
    """This project, by the same rules."""
    return Peer(
        name="django-task-queue",
        module="jobs",
        app=f"{APPS}.ours",
        command=("manage.py", "rqworker", "default", "-v", "0"),
        count=60_000,
        database=database,
        settings="benchmarks.settings",
    )


def _celery(app: str) -> tuple[str, ...]:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR")
    return ("-m", "celery", "-A", f"{APPS}.{app}:app", "worker", "-c", "2", *quiet)


def _rq(worker_class: str) -> tuple[str, ...]:
    return (_script("rq"), "worker", "-w", worker_class, "-q")


def _script(name: str) -> str:
    """Stands for a command that its package installs beside Python."""
    return f"bin:{name}"


def words(peer: Peer, python: Path) -> list[str]:
    """The whole command line of one of the peer's worker commands."""
    return [
        str(python),
        *(
            str(python.parent / word.removeprefix("bin:")) if word.startswith("bin:") else word
            for word in peer.command
        ),
    ]


PEERS = (
    Peer(
        name="Huey",
        module="huey",
        app=f"{APPS}.huey_app",
        command=(_script("huey_consumer"), f"{APPS}.huey_app.huey", "-w", "1", "-n", "-q"),
        count=20_000,
    ),
    Peer(
        name="Dramatiq",
        module="dramatiq",
        app=f"{APPS}.dramatiq_app",
        command=("-m", "dramatiq", f"{APPS}.dramatiq_app", "--processes", "2"),
        processes=1,
        count=10_000,
    ),
    Peer(
        name="Celery, no results",
        module="celery",
        app=f"{APPS}.celery_app",
        command=_celery("celery_app"),
        processes=1,
        count=5_000,
    ),
    Peer(
        name="Celery, django-celery-results",
        module="django_celery_results",
        app=f"{APPS}.celery_django_app",
        command=_celery("celery_django_app"),
        processes=1,
        count=2_000,
        singles=1_000,
        database="postgresql",
    ),
    Peer(
        name="Procrastinate",
        module="procrastinate",
        app=f"{APPS}.procrastinate_app",
        command=(
            "-m",
            "procrastinate",
            f"--app={APPS}.procrastinate_app.app",
            "worker",
            "--concurrency=10",
        ),
        count=5_000,
        database="postgresql",
    ),
    Peer(
        name="RQ, SimpleWorker",
        module="rq",
        app=f"{APPS}.rq_app",
        command=_rq("rq.SimpleWorker"),
        count=3_000,
    ),
    Peer(
        name="RQ, Worker",
        module="rq",
        app=f"{APPS}.rq_app",
        command=_rq("rq.Worker"),
        count=600,
    ),
)
OWN_PYTHON = Path(sys.executable)
