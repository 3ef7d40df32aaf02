"""`make up` as a user meets it: the stack starts, refuses, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from redis import Redis

from taskqueue_site.up.ports import free_port
from taskqueue_site.up.redis_server import socket_path
from tests.support.process_tree import descendants, is_alive
from tests.support.stack import OF_THE_RUN, ROOT, RunningStack, running_stack
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.one_database]

Home = dict[str, str]

SMALL = {"WORKERS_HIGH": "1", "WORKERS_DEFAULT": "0", "WORKERS_LOW": "0", "DEMO_SPEED": "0"}


def refused(**environment: str) -> str:
    """What a start that must fail says; it has one line, and status 2."""
    variables = {k: v for k, v in os.environ.items() if k not in OF_THE_RUN} | environment
    command = [sys.executable, "-m", "taskqueue_site.up"]
    ended = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 2, ended.stdout + ended.stderr
    said = ended.stdout + ended.stderr
    assert len(said.splitlines()) == 1, said
    return said


def workers_of(stack: RunningStack) -> list[int]:
    """The supervisors of the workers, by what they call themselves."""
    found = []
    for pid in descendants(stack.process.pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"supervises" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def test_one_ctrl_c_ends_everything_and_leaves_nothing_behind() -> None:
    # given a running stack with its workers at work
    with running_stack(**SMALL) as stack:
        stack.wait_for("Listening on high")
        # redis, web, the worker and its horse
        wait_for(lambda: len(descendants(stack.process.pid)) >= 4)
        processes = descendants(stack.process.pid)

        # when it gets one Ctrl-C
        status = stack.stop()

        # then all ended by themselves, and no lock or socket is left
        assert status == 0, stack.log()
        assert not any(is_alive(pid) for pid in processes)
        assert not (stack.data_folder / "up.lock").exists()
        assert not socket_path(stack.data_folder / "redis").exists()


def test_the_second_start_keeps_all_there_was(home: Home) -> None:
    # given a stack that ran once, and left something in its Redis
    with running_stack(**SMALL, **home) as first:
        assert first.password
        with Redis.from_url(f"unix://{socket_path(Path(home['DATA_DIR']) / 'redis')}") as redis:
            redis.set("kept", "yes")
        assert first.stop() == 0

    # when it starts again
    with running_stack(**SMALL, **home) as second:
        answer = httpx.get(f"{second.url}/healthz")

        # then it makes no second superuser, and Redis still knows
        assert answer.status_code == 200
        assert second.password == ""
        assert "superuser admin exists" in second.log()
        with Redis.from_url(f"unix://{socket_path(Path(home['DATA_DIR']) / 'redis')}") as redis:
            assert redis.get("kept") == b"yes"


def test_the_password_that_was_shown_opens_the_admin_and_is_kept_nowhere() -> None:
    with running_stack(**SMALL) as stack, httpx.Client(base_url=stack.url) as browser:
        # given the log-in page
        browser.get("/admin/login/")
        form = {
            "username": "admin",
            "password": stack.password,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }

        # when the shown password is entered
        answer = browser.post("/admin/login/?next=/admin/", data=form)

        # then it opens the admin, and no file holds it
        assert (answer.status_code, answer.headers.get("location")) == (302, "/admin/")
        files = [path for path in stack.data_folder.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if stack.password.encode() in path.read_bytes()]


def test_a_killed_supervisor_takes_every_process_with_it(home: Home) -> None:
    # given a running stack
    with running_stack(**SMALL, **home) as stack:
        stack.wait_for("Listening on high")
        processes = descendants(stack.process.pid)

        # when its supervisor is killed
        stack.process.kill()
        stack.process.wait()

        # then nothing is left
        wait_for(lambda: not any(is_alive(pid) for pid in processes))

    # and the next start works
    with running_stack(**SMALL, **home) as again:
        assert again.process.poll() is None


def test_a_worker_that_is_killed_is_started_again() -> None:
    with running_stack(**SMALL) as stack:
        # given a worker
        wait_for(lambda: len(workers_of(stack)) == 1)

        # when it is killed
        os.kill(workers_of(stack)[0], signal.SIGKILL)

        # then another takes its place, under the same name
        stack.wait_for("high-1 was killed by SIGKILL; starting it again")
        wait_for(lambda: stack.log().count("Listening on high") == 2)


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = refused(PORT=port, DATA_DIR=str(tmp_path / "data"))
    assert f"PORT='{port}'" in said
    assert "in use" in said


def test_a_data_folder_in_use_is_refused(home: Home) -> None:
    with running_stack(**SMALL, **home) as stack:
        said = refused(PORT="1", **home)
        assert f"in use by another `make up` (pid {stack.process.pid})" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "0.0.0.0"),
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("WORKERS_HIGH", "-1"),
        ("WORKERS_DEFAULT", "many"),
        ("WORKERS_LOW", "65"),
        ("WEB_PROCESSES", "0"),
        ("WEB_THREADS", "x"),
        ("LEASE_SECONDS", "0"),
        ("DRAIN_SECONDS", "-1"),
        ("DEMO_SPEED", "fast"),
        ("DEMO_FAILURES", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("REDIS_URL", "http://localhost"),
        ("DATA_DIR", "/dev/null/x"),
        ("DJANGO_SETTINGS_MODULE", "no.such.module"),
    ],
)
def test_a_bad_variable_is_refused_before_anything_starts(
    tmp_path: Path, name: str, value: str
) -> None:
    data = tmp_path / "data"
    said = refused(**({"DATA_DIR": str(data)} | {name: value}))
    assert f"{name}=" in said
    assert not (data / "redis").exists()


def test_a_redis_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = "redis://:secret@127.0.0.1:1/0"
    variables = {k: v for k, v in os.environ.items() if k not in OF_THE_RUN}
    variables |= {"DATA_DIR": str(tmp_path), "PORT": "18999", "REDIS_URL": url}
    ended = subprocess.run(
        [sys.executable, "-m", "taskqueue_site.up"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 2
    assert "no Redis answers at 127.0.0.1:1" in ended.stdout
    assert "secret" not in ended.stdout + ended.stderr


def test_a_web_server_that_is_told_to_stop_while_it_starts_stops(tmp_path: Path) -> None:
    # given a server that listens, but whose loop does not run yet
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=os.environ | {"PORT": str(free_port()), "DATA_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    with process.stderr as said:
        while b"Serving on" not in said.readline():
            assert process.poll() is None

        # when it gets the signal
        process.terminate()

        # then it ends
        assert process.wait(timeout=60) == 0
