"""The web server as an operator starts and stops it."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from jobs.models import Event, Task
from taskqueue_site.up.ports import free_port, is_free
from tests.support.process_tree import descendants
from tests.support.rows import make_task
from tests.support.web import read, running_web
from tests.support.workers import ROOT, wait_for

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


def serve_and_see(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py serve` where it is expected to end at once."""
    return subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def running_task() -> Task:
    """A task in the hands of a worker that does not answer: to cancel it takes two seconds."""
    return make_task(state="STARTED", worker="gone", started_at=timezone.now())


def test_sigterm_answers_what_is_in_flight_and_exits_0() -> None:
    # given a request that takes its time
    task = running_task()
    with running_web() as web, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(
            httpx.post, f"{web.url}/api/tasks/{task.pk}/cancel", headers={"Origin": web.url}
        )
        wait_for(lambda: Event.objects.filter(task=task).exists(), what="the request")

        # when the server is told to stop
        status = web.stop()

        # then the request was answered first
        assert answer.result().status_code == 202
        assert status == 0


def test_sigterm_closes_sockets_with_1012() -> None:
    with running_web() as web, web.socket("/ws/stats") as page:
        read(page)
        status = web.stop()

        with suppress(ConnectionClosed):
            while True:
                page.recv(timeout=5)
    assert (page.close_code, status) == (1012, 0)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_it_ends_well_by_either_signal(by: signal.Signals, processes: str) -> None:
    with running_web(WEB_PROCESSES=processes) as web:
        assert web.stop(by=by) == 0
    assert is_free("127.0.0.1", web.port)


def test_with_reload_it_starts_anew_when_a_source_file_changes() -> None:
    # given a server that watches the sources
    with running_web("--reload") as web:
        before = descendants(web.process.pid)

        # when one is written anew
        (ROOT / "taskqueue_site" / "wsgi.py").touch()

        # then other processes answer, at the same address, and end as well
        wait_for(lambda: descendants(web.process.pid) - before, what="a new process")
        web.wait_until_up()
        assert web.stop() == 0
    assert is_free("127.0.0.1", web.port)


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = serve_and_see(PORT=str(port))

    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        f"CommandError: Cannot listen on http://127.0.0.1:{port}: Address already in use."
    ]


@pytest.mark.parametrize(
    ("variable", "given", "allowed"),
    [
        ("PORT", "http", "a whole number from 1 to 65535"),
        ("PORT", "70000", "a whole number from 1 to 65535"),
        ("WEB_PROCESSES", "0", "a whole number from 1 to 64"),
        ("WEB_THREADS", "many", "a whole number from 1 to 64"),
        ("LIVE_BEAT_SECONDS", "0", "a number from 0.25 to 60"),
    ],
)
def test_a_bad_variable_stops_the_start_with_one_line(
    variable: str, given: str, allowed: str
) -> None:
    ended = serve_and_see(**{"PORT": str(free_port()), variable: given})

    assert ended.returncode == 2
    assert ended.stderr == f"{variable}={given!r} is not allowed: it must be {allowed}\n"


def test_web_processes_end_with_the_one_that_started_them() -> None:
    # given two web processes
    with running_web(WEB_PROCESSES="2") as web:
        # when their parent is killed
        web.process.kill()
        web.process.wait(60)

        # then they do not go on without it
        wait_for(lambda: is_free("127.0.0.1", web.port), what="the port to be free again")


def test_the_file_limit_is_raised_to_what_the_machine_allows() -> None:
    with running_web() as web:
        limits = Path(f"/proc/{web.process.pid}/limits").read_text().splitlines()
    line = next(line for line in limits if line.startswith("Max open files"))
    soft, hard = line.split()[3:5]
    assert soft == hard


def test_two_processes_tell_all_pages_the_same() -> None:
    # given more pages than one process of two can be expected to have
    environment = {"WEB_PROCESSES": "2", "LIVE_BEAT_SECONDS": "0.25"}
    with running_web(**environment) as web, ExitStack() as open_pages:
        pages = [open_pages.enter_context(web.socket("/ws/stats")) for _ in range(8)]
        for page in pages:
            read(page)

        # when a task is submitted to one process
        answer = httpx.post(
            f"{web.url}/api/tasks/submit",
            json={"task_type": "add", "payload": {"x": 1, "y": 2}},
            headers={"Origin": web.url},
        )
        assert answer.status_code == 202

        # then every page is told
        for page in pages:
            wait_for(lambda page=page: read(page)["queued_default"] == 1, what="the new number")
