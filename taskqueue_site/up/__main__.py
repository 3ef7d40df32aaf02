"""`python -m taskqueue_site.up`: Redis, database, web server and workers, until Ctrl-C.

Exit status: 0 after everything ended in its own time, 1 when something had to be killed, 2 when
the stack could not be started.
"""

import os
import socket
import sys
from pathlib import Path

from django.conf import settings

from taskqueue_site import env
from taskqueue_site.readiness import why_not_ready
from taskqueue_site.up.data_folder import AlreadyUsed, DataFolder
from taskqueue_site.up.options import Options, check_address, read_options
from taskqueue_site.up.program import Program
from taskqueue_site.up.redis_server import RedisServer, RedisUnavailable
from taskqueue_site.up.stream import Stream
from taskqueue_site.up.supervisor import ProgramFailed, StopAsked, Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent
REDIS_SECONDS = 60.0
"""A large append-only file takes its time to load."""
WEB_SECONDS = 60.0
LOOK_SECONDS = 0.5
"""A signal waits so long at most while the web server is asked whether it is there."""
GRACE_SECONDS = 15.0
"""Beyond DRAIN_SECONDS: for the web server's last requests, and for a worker to say goodbye."""


class Stack:
    """The programs of one stack, in the order in which they start."""

    def __init__(self, options: Options, supervisor: Supervisor) -> None:
        self._options = options
        self._supervisor = supervisor
        self._redis_server = RedisServer(options.data_folder / "redis")
        self._redis: list[Program] = []

    def start(self) -> None:
        """Start all of it, each after what it needs.

        Raises:
            ProgramFailed: the preparation found something missing, and has said what.
            RedisUnavailable: there is no Redis to start.
            StopAsked: a signal came meanwhile.
        """
        if self._options.own_redis:
            self._start_redis()
        self._supervisor.complete(
            Program("prepare", [sys.executable, "-m", "taskqueue_site.up.prepare"])
        )
        self._supervisor.start(Program("web", manage("serve")))
        if self._supervisor.wait_until(self._web_answers, seconds=WEB_SECONDS):
            self._supervisor.say(f"ready: {self._options.url} (Ctrl-C stops everything)")
        else:
            self._supervisor.say("the web server does not answer yet")
        for queue, count in self._options.workers.items():
            for number in range(1, count + 1):
                self._supervisor.start(self._worker(queue, number))

    def stop(self) -> bool:
        """Stop all of it, Redis last; gives whether nothing had to be killed."""
        seconds = self._options.drain_seconds + GRACE_SECONDS
        others = self._supervisor.running(but=self._redis)
        clean = self._supervisor.stop(others, seconds=seconds)
        clean &= self._supervisor.stop(self._redis, seconds=GRACE_SECONDS)
        if self._redis:
            self._redis_server.remove_socket()
        return clean

    def _start_redis(self) -> None:
        self._redis = [Program("redis", self._redis_server.command())]
        self._supervisor.start(self._redis[0])
        answers = self._redis_server.answers
        if not self._supervisor.wait_until(answers, seconds=REDIS_SECONDS):
            raise RedisUnavailable(f"Redis stays silent; see {self._redis_server.log_file}")
        self._supervisor.say(f"our own Redis is at {self._redis_server.url}")

    def _worker(self, queue: str, number: int) -> Program:
        """A worker whose name no other stack on this or another machine has.

        Django's system checks are half of a worker's start, and the web server has made them.
        """
        label = f"{queue}-{number}"
        name = f"{socket.gethostname()}-{self._options.port}-{label}"
        return Program(label, manage("rqworker", queue, "--name", name, "--skip-checks"))

    def _web_answers(self) -> bool:
        options = self._options
        hosts = settings.ALLOWED_HOSTS
        near = options.near_host
        return not why_not_ready(near, options.port, allowed_hosts=hosts, seconds=LOOK_SECONDS)


def manage(*words: str) -> list[str]:
    """A management command."""
    return [sys.executable, "manage.py", *words]


def run(options: Options) -> int:
    """The stack's life; gives the exit status."""
    supervisor = Supervisor(Stream())
    stack = Stack(options, supervisor)
    status = 0
    try:
        stack.start()
        supervisor.run()
    except StopAsked:
        supervisor.say("stopping")
    except ProgramFailed as failure:
        status = failure.status
    except RedisUnavailable as problem:
        supervisor.say(str(problem))
        status = 2
    clean = stack.stop()
    supervisor.deafen()
    supervisor.say("stopped" if clean else "stopped; something had to be killed")
    return status or (0 if clean else 1)


def main() -> int:
    """Check everything, then run; 2 with one line when something is not as it must be."""
    os.chdir(ROOT)
    try:
        env.read_file(ROOT)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskqueue_site.settings.development")
        options = read_options()
        check_address(options)
        with DataFolder(options.data_folder):
            return run(options)
    except (env.BadVariable, AlreadyUsed) as problem:
        sys.stderr.write(f"make up: {problem}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
