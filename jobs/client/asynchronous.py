"""The client for asyncio: the same calls, done without blocking."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
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
from jobs.client.transport import async_transport_to

Ids = list[str]
Reasons = list[dict[str, Any]]


class AsyncClient:
    """As `Client`, for coroutines of one event loop, any number of them at a time."""

    def __init__(
        self, url: str, *, token: str | None = None, timeout_seconds: float = 10.0
    ) -> None:
        self._site = Site(url, token=token, timeout_seconds=timeout_seconds)
        self._transport = async_transport_to(self._site)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._site!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what is open."""
        await self._transport.close()

    async def submit(
        self,
        task_type: str,
        payload: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        **options: Unpack[SubmitOptions],
    ) -> Task:
        """As Client.submit."""
        return await self._do(
            calls.submit(task_type, payload, options, idempotency_key=idempotency_key)
        )

    async def submit_many(
        self, tasks: Iterable[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> Ids:
        """As Client.submit_many."""
        return await self._do(calls.submit_many(tasks, idempotency_key=idempotency_key))

    async def get(self, task_id: TaskId) -> Task:
        """As Client.get."""
        return await self._do(calls.get(task_id))

    async def list(
        self, *, page_size: int = 100, **options: Unpack[ListOptions]
    ) -> AsyncIterator[Task]:
        """As Client.list."""
        following: str | None = None
        while True:
            page = await self._do(calls.page(options, limit=page_size, following=following))
            for task in page["tasks"]:
                yield task
            following = page["next"]
            if following is None:
                return

    async def cancel(self, task_id: TaskId, *, reason: str = "") -> Task:
        """As Client.cancel."""
        return await self._do(calls.act("cancel", task_id, reason=reason))

    async def requeue(self, task_id: TaskId, *, reason: str = "") -> Task:
        """As Client.requeue."""
        return await self._do(calls.act("requeue", task_id, reason=reason))

    async def rerun(
        self,
        task_id: TaskId,
        payload: Mapping[str, Any] | None = None,
        *,
        reason: str = "",
        **options: Unpack[RerunOptions],
    ) -> Task:
        """As Client.rerun."""
        return await self._do(calls.rerun(task_id, payload, options, reason=reason))

    async def explain(self, task_id: TaskId) -> Reasons:
        """As Client.explain."""
        return await self._do(calls.explain(task_id))

    async def stats(self) -> dict[str, int]:
        """As Client.stats."""
        return await self._do(calls.stats())

    async def wait(self, task_id: TaskId, *, timeout_seconds: float | None = None) -> Task:
        """As Client.wait."""
        return await self._do(calls.wait(task_id, timeout_seconds=timeout_seconds))

    async def events(self, task_id: TaskId) -> AsyncIterator[Event]:
        """As Client.events."""
        follower = Follower(task_id)
        while not follower.is_over:
            try:
                async with self._transport.stream(follower.request()) as chunks:
                    async for chunk in chunks:
                        for event in follower.take(chunk):
                            yield event
                pause_seconds = follower.ended()
            except ClientError as error:
                pause_seconds = follower.failed(error)
            if not follower.is_over:
                await asyncio.sleep(pause_seconds)

    async def _do(self, steps: Steps[T]) -> T:
        came: Answer | Unreachable | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                came = None
                continue
            try:
                came = await self._transport.send(step)
            except Unreachable as error:
                came = error
