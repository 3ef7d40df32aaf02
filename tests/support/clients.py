"""The clients of the API, spoken to in one way."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from inspect import isasyncgen, iscoroutine
from typing import Any

from jobs.client import AsyncClient


class Blocking:
    """An `AsyncClient` in a loop of its own, to be called like a `Client`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = self._runner.run(self._made(*args, **options))

    def __repr__(self) -> str:
        return repr(self._client)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **options: Any) -> Any:
            result = method(*args, **options)
            if isasyncgen(result):
                return self._each(result)
            return self._runner.run(result) if iscoroutine(result) else result

        return call

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()

    async def _made(self, *args: Any, **options: Any) -> AsyncClient:
        return AsyncClient(*args, **options)

    def _each(self, results: AsyncIterator[Any]) -> Iterator[Any]:
        async def following() -> Any:
            return await anext(results, None)

        while (result := self._runner.run(following())) is not None:
            yield result
