"""A cluster of worker nodes: found, watched, scaled and killed while clients go on as before."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.support.verdict import all_settled, violations
from tests.support.waiting import wait_for
from tests.support.web import running_web
from tests.support.workers import WorkerProcess, running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

TEST_SETTINGS = {"DJANGO_SETTINGS_MODULE": "taskqueue_site.settings.test"}
#: Before this a worker of the documentation has renewed its heartbeat.
HEARTBEAT_SECONDS = 5
WORDS = ("pending", "processing", "completed", "failed")


class Cluster:
    """A site, as its clients see it over HTTP, and the nodes that somebody starts and stops."""

    def __init__(self, http: httpx.Client, ending: ExitStack) -> None:
        self._http = http
        self._ending = ending

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return dict(self._http.get(path, params=query or None).json())

    def post(self, path: str) -> httpx.Response:
        return self._http.post(path)

    def start(self, name: str, *queues: str) -> WorkerProcess:
        """One node more; it is there when its work-horse is."""
        return self._ending.enter_context(running_worker(*queues, "--name", name))

    def nodes(self) -> dict[str, dict[str, Any]]:
        """Every node that is known, by its name."""
        return {node["name"]: node for node in self.get("/api/workers")["workers"]}

    def submit(
        self, count: int, task_type: str, *, queue: str = "default", **payload: Any
    ) -> list[str]:
        task = {"task_type": task_type, "payload": payload, "priority": queue}
        answer = self._http.post("/api/tasks/bulk", json={"tasks": [task] * count})
        assert answer.status_code == 202, answer.text
        return list(answer.json()["task_ids"])

    def tasks(self, **query: Any) -> list[dict[str, Any]]:
        """Every task of a filter, page by page."""
        page = self.get("/api/tasks", **query)
        found = list(page["tasks"])
        while page["next"]:
            page = self.get(page["next"])
            found += page["tasks"]
        return found

    def by_word(self) -> dict[str, set[str]]:
        """The ids of the tasks that each of the four words for a status finds."""
        return {word: {task["task_id"] for task in self.tasks(status=word)} for word in WORDS}

    def code(self, path: str) -> int:
        return self._http.get(path).status_code


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A site without nodes."""
    with (
        running_web(**TEST_SETTINGS) as web,
        httpx.Client(base_url=web.url, timeout=10) as http,
        ExitStack() as ending,
    ):
        yield Cluster(http, ending)


def test_nodes_that_come_and_go_are_found_and_health_tells_of_them(cluster: Cluster):
    # given a site without nodes, which takes tasks all the same
    waiting = cluster.submit(1, "add", x=1, y=2)
    assert cluster.nodes() == {}
    assert cluster.code("/api/workers/health") == 503
    health = cluster.get("/health")
    assert (health["status"], health["workers"], health["pending_tasks"]) == ("degraded", 0, 1)

    # when a node comes, it is found with all that is known of it, and does what waits
    first = cluster.start("node-1", "high", "default", "low")
    node = cluster.nodes()["node-1"]
    assert node["pid"] == first.pid
    assert node["queues"] == ["high", "default", "low"]
    assert node["state"] in {"idle", "busy"}
    assert node["heartbeat_age_seconds"] <= HEARTBEAT_SECONDS
    wait_for(lambda: cluster.get("/health")["completed_tasks"] == 1)
    assert cluster.get(f"/api/tasks/{waiting[0]}")["worker"] == "node-1"
    health = cluster.get("/health")
    assert (health["status"], health["workers"], health["pending_tasks"]) == ("healthy", 1, 0)
    assert cluster.get("/api/workers/health")["status"] == "healthy"
    wait_for(lambda: cluster.nodes()["node-1"]["succeeded_count"] == 1)

    # and when it is told to go, it is gone at once
    assert first.terminate() == 0
    assert cluster.nodes() == {}
    assert cluster.code("/api/workers/health") == 503


def test_a_cluster_grows_and_shrinks_while_its_tasks_run(
    cluster: Cluster, tmp_path: Path, redis: Redis
):
    # given one node with more to do than it can
    first = cluster.start("node-1", "default")
    ids = cluster.submit(80, "tests.mark", directory=str(tmp_path), seconds=0.1)
    wait_for(lambda: cluster.by_word()["completed"], what="the first result")

    # when two more come, all three work
    cluster.start("node-2", "default")
    cluster.start("node-3", "default")
    ids += cluster.submit(80, "tests.mark", directory=str(tmp_path), seconds=0.1)
    wait_for(
        lambda: (
            {task["worker"] for task in cluster.tasks(status="completed")}
            == {"node-1", "node-2", "node-3"}
        ),
        what="results of all three",
    )
    assert cluster.get("/api/workers/stats")["workers_online"] == 3

    # and when the first is told to go in the middle of it, it ends what it holds
    assert first.terminate() == 0
    assert cluster.nodes().keys() == {"node-2", "node-3"}
    wait_for(all_settled(ids, redis), what="the end of all")

    # then each task ran once, and none failed
    assert violations(ids, redis, marks=tmp_path) == []
    assert cluster.by_word() == {
        "pending": set(),
        "processing": set(),
        "completed": set(ids),
        "failed": set(),
    }
    assert {len(cluster.get(f"/api/tasks/{one}")["attempts"]) for one in ids} == {1}


def test_a_node_that_is_killed_in_mid_load_costs_no_task(
    cluster: Cluster, tmp_path: Path, redis: Redis
):
    # given three nodes under load
    nodes = {name: cluster.start(name, "default") for name in ("node-1", "node-2", "node-3")}
    ids = cluster.submit(90, "tests.mark", directory=str(tmp_path), seconds=0.1)
    wait_for(lambda: all(cluster.nodes()[name]["current_tasks"] for name in nodes))

    # when one of them is killed, supervisor and all
    nodes["node-2"].kill_tree()

    # then that is noticed, what it held goes to the others, and they go on
    wait_for(lambda: cluster.nodes().keys() == {"node-1", "node-3"}, what="node 2 to be missed")
    wait_for(all_settled(ids, redis), what="the end of all")
    assert violations(ids, redis, marks=tmp_path) == []
    assert cluster.by_word()["completed"] == set(ids)
    histories = [cluster.get(f"/api/tasks/{one}")["attempts"] for one in ids]
    rescued = [history for history in histories if len(history) > 1]
    assert 1 <= len(rescued) <= 2
    for history in rescued:
        assert [attempt["outcome"] for attempt in history] == ["lost", "succeeded"]
        assert history[0]["worker"] == "node-2"
        assert history[1]["worker"] in {"node-1", "node-3"}
    assert cluster.get("/health")["status"] == "healthy"


def test_a_status_may_be_asked_for_in_four_words(cluster: Cluster):
    # given a task in each of the states that the words stand for
    cluster.start("node-1", "default")
    (done,) = cluster.submit(1, "add", x=1, y=2)
    (broken,) = cluster.submit(1, "tests.boom")
    wait_for(lambda: cluster.by_word()["failed"] == {broken}, what="the failure")
    (running,) = cluster.submit(1, "tests.sleep", seconds=60)
    wait_for(lambda: cluster.by_word()["processing"] == {running}, what="the start")
    (waiting,) = cluster.submit(1, "add", queue="low", x=2, y=2)

    # then each word finds its own
    found = {"pending": {waiting}, "processing": {running}, "completed": {done}, "failed": {broken}}
    assert cluster.by_word() == found
    # in combination, with other filters and within limits too
    both = cluster.tasks(status="completed,failed", task_type="tests.boom")
    assert [task["task_id"] for task in both] == [broken]
    assert [task["task_id"] for task in cluster.tasks(worker="node-1", status="processing")] == [
        running
    ]
    assert len(cluster.get("/api/tasks", limit=2)["tasks"]) == 2
    assert [task["task_id"] for task in cluster.tasks(limit=1)] == [waiting, running, broken, done]
    for query in ({"status": "sleeping"}, {"limit": 0}, {"limit": 501}, {"queue": "other"}):
        problem = cluster.get("/api/tasks", **query)
        assert (problem["status"], problem["errors"][0]["field"]) == (400, *query)


def test_dead_letters_of_a_cluster_are_requeued_over_http(cluster: Cluster):
    # given a task that failed three times and for good
    cluster.start("node-1", "default")
    (broken,) = cluster.submit(1, "tests.boom", message="no luck")
    wait_for(lambda: cluster.get("/api/dead-letter")["count"] == 1, what="the dead letter")
    (letter,) = cluster.get("/api/dead-letter")["tasks"]
    assert (letter["task_id"], letter["error"]) == (broken, "RuntimeError: no luck")
    assert cluster.get(f"/api/tasks/{broken}")["retry_count"] == 2

    # when it is requeued
    answer = cluster.post(f"/api/dead-letter/{broken}/requeue")

    # then it runs again with all its retries, and its history is kept
    assert answer.status_code == 202
    wait_for(lambda: len(cluster.get(f"/api/tasks/{broken}")["attempts"]) == 6)
    wait_for(lambda: cluster.get("/api/dead-letter")["count"] == 1)
