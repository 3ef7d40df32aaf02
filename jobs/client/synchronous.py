"""The client for plain code."""

import time
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, Unpack

from jobs.client import calls
from jobs.client.calls import (
    ListOptions,
    Pause,
    RerunOptions,
    Steps,
    SubmitOptions,
    T,
    Task,
    TaskId,
)
from jobs.client.errors import ClientError, Unreachable
from jobs.client.events import Event, Follower
from jobs.client.site import Answer, Site
from jobs.client.transport import transport_to

Tasks = Iterator[Task]
Ids = list[str]
Reasons = list[dict[str, Any]]


class Client:
    """Speaks to the API at `url`; usable as a context manager, and by one thread at a time.

    Tasks are dictionaries as the API has them. Calls that change nothing are tried five times while
    the server is away; each try may take `timeout_seconds`.

    Every method raises ApiError, by its kinds, when the server refuses, and Unreachable when it
    does not answer.
    """

    def __init__(
        self, url: str, *, token: str | None = None, timeout_seconds: float = 10.0
    ) -> None:
        self._site = Site(url, token=token, timeout_seconds=timeout_seconds)
        self._transport = transport_to(self._site)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._site!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self._transport.close()

    def submit(
        self,
        task_type: str,
        payload: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        **options: Unpack[SubmitOptions],
    ) -> Task:
        """Submit one task: `task_id`, `status`, `priority`, `message`, `max_retries`.

        With an `idempotency_key`, your own name for this submit, it is tried as often as a call
        that changes nothing, and is done once.
        """
        return self._do(calls.submit(task_type, payload, options, idempotency_key=idempotency_key))

    def submit_many(
        self, tasks: Iterable[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> Ids:
        """Submit up to 10,000 tasks, all or none; each as `POST /api/tasks` takes it. Gives ids."""
        return self._do(calls.submit_many(tasks, idempotency_key=idempotency_key))

    def get(self, task_id: TaskId) -> Task:
        """One task with its attempts and events."""
        return self._do(calls.get(task_id))

    def list(self, *, page_size: int = 100, **options: Unpack[ListOptions]) -> Tasks:
        """All tasks that fit, the newest first; pages are fetched as they are needed."""
        following: str | None = None
        while True:
            page = self._do(calls.page(options, limit=page_size, following=following))
            yield from page["tasks"]
            following = page["next"]
            if following is None:
                return

    def cancel(self, task_id: TaskId, *, reason: str = "") -> Task:
        """Cancel: `status` is `revoked`, or `revoking` while its worker still stops it."""
        return self._do(calls.act("cancel", task_id, reason=reason))

    def requeue(self, task_id: TaskId, *, reason: str = "") -> Task:
        """Run an ended task again; answers as `submit` does."""
        return self._do(calls.act("requeue", task_id, reason=reason))

    def rerun(
        self,
        task_id: TaskId,
        payload: Mapping[str, Any] | None = None,
        *,
        reason: str = "",
        **options: Unpack[RerunOptions],
    ) -> Task:
        """Run it once more as a new task, its `parent` the old one; answers as `submit` does.

        A payload replaces all of the old one's arguments; without one they are the same.
        """
        return self._do(calls.rerun(task_id, payload, options, reason=reason))

    def explain(self, task_id: TaskId) -> Reasons:
        """Why it is not running: `code`, `message` and `links`, the most telling reason first."""
        return self._do(calls.explain(task_id))

    def stats(self) -> dict[str, int]:
        """The seven numbers of the dashboard."""
        return self._do(calls.stats())

    def wait(self, task_id: TaskId, *, timeout_seconds: float | None = None) -> Task:
        """The task once it has ended, however; without a time-out as long as that takes.

        Raises:
            WaitTimeout: it had not ended within `timeout_seconds`.
        """
        return self._do(calls.wait(task_id, timeout_seconds=timeout_seconds))

    def events(self, task_id: TaskId) -> Iterator[Event]:
        """What happens to the task, until it has ended; connects again where a stream breaks."""
        follower = Follower(task_id)
        while not follower.is_over:
            try:
                with self._transport.stream(follower.request()) as chunks:
                    for chunk in chunks:
                        yield from follower.take(chunk)
                pause_seconds = follower.ended()
            except ClientError as error:
                pause_seconds = follower.failed(error)
            if not follower.is_over:
                time.sleep(pause_seconds)

    def _do(self, steps: Steps[T]) -> T:
        came: Answer | Unreachable | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                came = None
                continue
            try:
                came = self._transport.send(step)
            except Unreachable as error:
                came = error
