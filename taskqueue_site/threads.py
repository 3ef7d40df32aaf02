"""A fixed set of threads whose database connections live as long as they do."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")


class ThreadPool:
    """Runs calls in `size` daemon threads.

    Unlike the standard pool it closes each thread's database connections when the thread ends, and
    a call that never returns does not keep the process from ending.
    """

    def __init__(self, size: int) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, name=f"http-{number}", daemon=True)
            for number in range(1, size + 1)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a call; the future may be cancelled until a thread takes it up."""
        future: Future[T] = Future()

        self._calls.put(partial(_settle, future, partial(function, *args, **kwargs)))
        return future

    def close(self, *, wait_seconds: float) -> int:
        """End the threads; returns how many were still busy after `wait_seconds`."""
        for _ in self._threads:
            self._calls.put(None)
        deadline = monotonic() + wait_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        return sum(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            # Not kept while the thread waits: it holds the request and its body.
            del call
        connections.close_all()


def run_in_thread(function: Callable[[], Any]) -> Future[Any]:
    """Run one long call in a daemon thread of its own."""
    future: Future[Any] = Future()

    def call() -> None:
        try:
            _settle(future, function)
        finally:
            connections.close_all()

    threading.Thread(target=call, name="http-stream", daemon=True).start()
    return future


def _settle(future: "Future[T]", function: Callable[[], T]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)
