"""The events of a task, out of the lines of a stream."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.client.calls import PAUSES, TaskId, of_task, pause_after, worth_another_try
from jobs.client.errors import ClientError
from jobs.client.site import SILENCE_SECONDS, Request

FINAL = frozenset({"completed", "failed", "revoked"})
#: Until the server says otherwise.
RETRY_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: `connected`, `started`, `progress`, `retry`, `completed`, `failed`, `revoked`.

    The data of `connected` is the whole task as it stands; it comes first, and again after each
    connection that broke.
    """

    event: str
    data: Mapping[str, Any]
    seq: int

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self.event in FINAL


class Follower:
    """One task's stream, connected as often as need be."""

    def __init__(self, task_id: TaskId) -> None:
        self._target = of_task(task_id, "events")
        self._retry_seconds = RETRY_SECONDS
        self._failures = 0
        self._id = self._last_id = ""
        self._rest = b""
        self.is_over = False

    def request(self) -> Request:
        """The call that connects, or connects again."""
        self._rest = b""
        headers = {"Accept": "text/event-stream"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        return Request(target=self._target, headers=headers, patience_seconds=SILENCE_SECONDS)

    def take(self, chunk: bytes) -> list[Event]:
        """The events that are complete with this piece of the stream."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [event for line in lines if (event := self._event(line.decode()))]

    def failed(self, error: ClientError) -> float:
        """Seconds to pause before the next connection; raises what another one would not mend."""
        if self._failures >= len(PAUSES) or not worth_another_try(error):
            raise error
        self._failures += 1
        return pause_after(error, PAUSES[self._failures - 1])

    def ended(self) -> float:
        """Seconds to pause after a stream that ended before the task did."""
        return self._retry_seconds

    def _event(self, line: str) -> Event | None:
        """The event that a line holds, if it holds one: the API writes each in one line."""
        name, _, value = line.partition(": ")
        match name:
            case "retry":
                self._retry_seconds = int(value) / 1000
            case "id":
                self._id = value
            case "data":
                self._last_id, self._failures = self._id, 0
                message = json.loads(value)
                event = Event(message["event"], message["data"], message["seq"])
                self.is_over = event.is_final
                return event
        return None
