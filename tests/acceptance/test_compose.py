"""docker-compose.yml without Docker: its commands, environment and health checks are real."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from taskqueue_site.up.ports import free_port
from tests.support.compose import ROOT, Container, compose_file
from tests.support.stack import home
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.one_database]

#: Service -> its queue, and how many tasks it runs at once.
WORKERS = {"worker_high": ("high", 4), "worker_default": ("default", 2), "worker_low": ("low", 2)}
WAITS_FOR = {
    "postgres": {"condition": "service_healthy"},
    "redis": {"condition": "service_healthy"},
    "migrate": {"condition": "service_completed_successfully"},
}

Containers = dict[str, Container]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def containers(tmp_path: Path, port: int) -> Iterator[Containers]:
    with home(tmp_path) as database:
        places = {
            "DATABASE_URL": database.get("DATABASE_URL", f"sqlite:///{tmp_path}/tasks.sqlite3"),
            "REDIS_URL": os.environ["REDIS_URL"],
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY_FILE": str(tmp_path / "secret_key"),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DEMO_SPEED": "0",
            "DEMO_FAILURES": "0",
        }
        services = {
            name: Container(name, service, places, tmp_path)
            for name, service in compose_file()["services"].items()
            if "build" in service
        }
        yield services
        for container in services.values():
            container.kill()


def prepare(containers: Containers) -> str:
    """Run the one that prepares, as the others wait for; gives the password it shows."""
    migrate = containers["migrate"]
    migrate.start()
    assert migrate.process is not None
    assert migrate.process.wait(timeout=60) == 0, migrate.log_file.read_text()
    shown = re.search(r"superuser admin made, password (\S+)", migrate.log_file.read_text())
    assert shown is not None
    return shown.group(1)


@contextmanager
def signed_in(port: int, password: str) -> Iterator[httpx.Client]:
    """A browser in which the superuser has signed in."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as browser:
        browser.get("/admin/login/")
        form = {"username": "admin", "password": password}
        form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
        assert browser.post("/admin/login/?next=/admin/", data=form).status_code == 302
        browser.headers["X-CSRFToken"] = browser.cookies["csrftoken"]
        yield browser


def test_the_services_start_work_and_stop_as_the_file_says(
    containers: Containers, port: int
) -> None:
    # given everything prepared, and the services up and healthy
    password = prepare(containers)
    started = [container for name, container in containers.items() if name != "migrate"]
    for container in started:
        container.start()
    for container in started:
        wait_for(container.is_healthy, what=f"{container.name} to be healthy")

    # when a task is submitted to each queue
    with signed_in(port, password) as browser:
        for queue, _ in WORKERS.values():
            body = {"task_type": "add", "priority": queue, "payload": {"x": 2, "y": 3}}
            answer = browser.post("/api/tasks/submit", json=body)
            assert answer.status_code == 202, answer.text
            task = f"/api/tasks/{answer.json()['task_id']}"

            # then that queue's service runs it
            wait_for(lambda task=task: browser.get(task).json()["status"] == "SUCCESS", what=queue)
            assert browser.get(task).json()["result"] == 5

    # and all of them stop by themselves within the grace the file gives
    assert {container.name: container.stop() for container in started} == {
        container.name: 0 for container in started
    }


def test_the_site_without_a_session_is_closed(containers: Containers, port: int) -> None:
    prepare(containers)
    web = containers["web"]
    web.start()
    wait_for(web.is_healthy, what="the web server to be healthy")
    answer = httpx.post(
        f"http://127.0.0.1:{port}/api/tasks/submit", json={"task_type": "add", "payload": {}}
    )
    assert answer.status_code == 401


def test_a_probe_tells_when_nothing_is_there(containers: Containers) -> None:
    prepare(containers)
    for name in ("web", "worker_high"):
        container = containers[name]
        container.start()
        assert not container.is_healthy()  # it has just begun to start
        container.kill()


def test_each_worker_service_has_its_queue_and_concurrency() -> None:
    services = compose_file()["services"]
    for name, (queue, count) in WORKERS.items():
        command = services[name]["command"]
        assert command[2:] == ["rqworker-pool", queue, "--num-workers", str(count)]


def test_every_service_waits_for_what_it_needs_and_says_whether_it_is_well() -> None:
    services = compose_file()["services"]
    for name, service in services.items():
        if "build" not in service:
            assert service["healthcheck"]["test"]
        elif name == "migrate":
            assert service["depends_on"].keys() == {"postgres", "redis"}
        else:
            assert service["depends_on"] == WAITS_FOR
            assert service["healthcheck"]["test"][:4] == [
                "CMD", "python", "-m", "taskqueue_site.probe",
            ]  # fmt: skip


def test_only_the_web_server_is_reachable_and_from_this_machine_only() -> None:
    published = {
        name: service["ports"]
        for name, service in compose_file()["services"].items()
        if "ports" in service
    }
    assert published == {"web": ["127.0.0.1:8000:8000"]}


def test_the_grace_to_stop_is_longer_than_the_time_to_drain() -> None:
    services = compose_file()["services"]
    for name in WORKERS:
        grace = float(services[name]["stop_grace_period"].removesuffix("s"))
        assert grace > float(services[name]["environment"]["DRAIN_SECONDS"])


def test_all_that_the_image_copies_exists_and_reaches_its_build() -> None:
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert "jobs" in copied
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in let_in
