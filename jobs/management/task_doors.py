"""Where `manage.py tasks` works: in this project's database, or at another site through its API."""

import getpass
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.client import Client
from jobs.domain.registry import registry
from jobs.domain.states import ENDED, State
from jobs.exceptions import TaskNotFound, UnknownQueue
from jobs.models import Task
from jobs.selectors.explain import explain
from jobs.selectors.facts import task_line, whole_facts
from jobs.selectors.pages import TaskFilter, page
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue
from jobs.services.requeue import requeue
from jobs.services.rerun import rerun
from jobs.store.whole import read_whole

#: How often a task that is watched is looked at.
LOOK_SECONDS = 0.5

Facts = Mapping[str, Any]
Listed = list[Facts]


class Door(Protocol):
    """What the verbs ask for; facts have the names that the API gives them."""

    def submit(self, task_type: str, payload: Facts, options: Facts) -> Facts:
        """The new task: `task_id`, `status`, `priority`."""

    def list(self, states: Collection[str], options: Facts, *, limit: int) -> Listed:
        """The newest tasks that fit."""

    def show(self, task_id: str) -> Facts:
        """One task with its attempts and events."""

    def cancel(self, task_id: str, *, reason: str) -> Facts:
        """`task_id` and `status`, which is `revoked` or `revoking`."""

    def requeue(self, task_id: str, *, reason: str) -> Facts:
        """As `submit`."""

    def rerun(self, task_id: str, payload: Facts | None, options: Facts, *, reason: str) -> Facts:
        """As `submit`; without a payload the arguments are the old ones."""

    def explain(self, task_id: str) -> Listed:
        """Each reason's `code` and `message`."""

    def follow(self, task_id: str) -> Iterator[Facts]:
        """How the task stands, now and after each change, until it has ended."""

    def close(self) -> None:
        """Close what is open."""


class Here:
    """This project's own services and selectors."""

    def submit(self, task_type: str, payload: Facts, options: Facts) -> Facts:
        """As Door says."""
        task = enqueue(
            task_type=registry.get_offered(task_type),
            kwargs=payload,
            submitted_by=_actor(),
            **_timed(options),
        )
        return _accepted(task)

    def list(self, states: Collection[str], options: Facts, *, limit: int) -> Listed:
        """As Door says."""
        if (queue := options.get("queue")) and queue not in queue_names():
            raise UnknownQueue(queue=queue, allowed=", ".join(queue_names()))
        wanted = TaskFilter(states=frozenset(map(State, states)), **options)
        return [task_line(task) for task in page(wanted, limit=limit).tasks]

    def show(self, task_id: str) -> Facts:
        """As Door says."""
        return whole_facts(read_whole(_id(task_id)))

    def cancel(self, task_id: str, *, reason: str) -> Facts:
        """As Door says."""
        task = cancel(task_id=task_id, actor=_actor(), reason=reason)
        is_running = task.state == State.STARTED
        return {"task_id": str(task.pk), "status": "revoking" if is_running else "revoked"}

    def requeue(self, task_id: str, *, reason: str) -> Facts:
        """As Door says."""
        return _accepted(requeue(task_id=task_id, actor=_actor(), reason=reason))

    def rerun(self, task_id: str, payload: Facts | None, options: Facts, *, reason: str) -> Facts:
        """As Door says."""
        task = rerun(
            task_id=task_id, actor=_actor(), reason=reason, kwargs=payload, **_timed(options)
        )
        return _accepted(task)

    def explain(self, task_id: str) -> Listed:
        """As Door says."""
        return [
            {"code": reason.code, "message": reason.message} for reason in explain(_row(task_id))
        ]

    def follow(self, task_id: str) -> Iterator[Facts]:
        """As Door says."""
        told: Facts = {}
        while True:
            facts = task_line(_row(task_id))
            if facts != told:
                yield facts
            if facts["status"] in ENDED:
                return
            told = facts
            time.sleep(LOOK_SECONDS)

    def close(self) -> None:
        """Nothing stays open."""


class There:
    """Another site."""

    def __init__(self, url: str, *, token: str | None) -> None:
        self._client = Client(url, token=token)

    def submit(self, task_type: str, payload: Facts, options: Facts) -> Facts:
        """As Door says."""
        return self._client.submit(task_type, payload, **_spoken(options))

    def list(self, states: Collection[str], options: Facts, *, limit: int) -> Listed:
        """As Door says."""
        given: Any = {**options, "status": ",".join(sorted(states))} if states else options
        return list(islice(self._client.list(page_size=limit, **given), limit))

    def show(self, task_id: str) -> Facts:
        """As Door says."""
        return self._client.get(task_id)

    def cancel(self, task_id: str, *, reason: str) -> Facts:
        """As Door says."""
        return self._client.cancel(task_id, reason=reason)

    def requeue(self, task_id: str, *, reason: str) -> Facts:
        """As Door says."""
        return self._client.requeue(task_id, reason=reason)

    def rerun(self, task_id: str, payload: Facts | None, options: Facts, *, reason: str) -> Facts:
        """As Door says."""
        return self._client.rerun(task_id, payload, reason=reason, **_spoken(options))

    def explain(self, task_id: str) -> Listed:
        """As Door says."""
        return [
            {name: reason[name] for name in ("code", "message")}
            for reason in self._client.explain(task_id)
        ]

    def follow(self, task_id: str) -> Iterator[Facts]:
        """As Door says."""
        facts: dict[str, Any] = {}
        for event in self._client.events(task_id):
            news = dict(event.data)
            if event.event == "progress":
                own = ("task_id", "status")
                progress = {name: value for name, value in news.items() if name not in own}
                news = {"status": news["status"], "progress": progress}
            if event.is_final and facts.get("status") == news["status"]:
                return  # `connected` has told it
            facts = facts | news
            yield facts

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _row(task_id: str) -> Task:
    task = Task.objects.filter(pk=_id(task_id)).first()
    if task is None:
        raise TaskNotFound(task_id=task_id)
    return task


def _timed(options: Facts) -> Any:
    """The options as the services take them."""
    given = dict(options)
    delay_seconds = given.pop("delay_seconds", 0)
    if delay_seconds:
        given["run_after"] = timezone.now() + timedelta(seconds=delay_seconds)
    return given


def _spoken(options: Facts) -> Any:
    """The options as the client takes them."""
    return {"priority" if name == "queue" else name: value for name, value in options.items()}


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise TaskNotFound(task_id=given) from None


def _accepted(task: Task) -> Facts:
    return {"task_id": str(task.pk), "status": str(task.state), "priority": task.queue}


def _actor() -> str:
    """Who does it, for the history: whoever is logged in at this machine."""
    try:
        return f"shell:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name, as containers have
        return "shell"
