"""The single tasks that somebody watches, and how they stood at the last look."""

from typing import Any
from uuid import UUID

from dashboard.events import events_between, is_ended
from dashboard.hub import NORMAL_CLOSURE, NOT_FOUND, Hub
from dashboard.reading import measured, read
from dashboard.snapshot import facts_of
from jobs.selectors.facts import without_payload


def topic_of(task_id: UUID, *, payload: bool) -> str:
    """The hub's name for one task's events, with its payload or without."""
    return f"task:{task_id}:{'all' if payload else 'bare'}"


class Tracker:
    """Turns looks at rows into events for the hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen: dict[UUID, dict[str, Any]] = {}

    async def first_look(self, task_id: UUID) -> dict[str, Any] | None:
        """How the task stands, as its watchers know it; None when there is no such task."""
        if task_id not in self._seen:
            found: dict[UUID, dict[str, Any]] = await read(facts_of, [task_id])
            facts = found.get(task_id)
            if facts is None or is_ended(facts):
                return facts
            self._seen.setdefault(task_id, facts)
        return self._seen[task_id]

    async def look(self, changed: set[str] | None) -> float:
        """Look again at the watched tasks among `changed`, at all of them when it is None.

        Gives for how many seconds that kept a core.
        """
        wanted = [task_id for task_id in self._seen if changed is None or str(task_id) in changed]
        if not wanted:
            return 0.0
        found, cpu_seconds = await measured(facts_of, wanted)
        for task_id in wanted:
            if task_id in self._seen:  # its last watcher may have left during the look
                self._tell(task_id, found.get(task_id))
        return cpu_seconds

    def forget_unwatched(self) -> None:
        """Let go of tasks whose last watcher has left."""
        for task_id in list(self._seen):
            topics = [topic_of(task_id, payload=payload) for payload in (True, False)]
            if not any(self._hub.has(topic) for topic in topics):
                del self._seen[task_id]

    def _tell(self, task_id: UUID, after: dict[str, Any] | None) -> None:
        if after is None:
            self._end(task_id, NOT_FOUND)
            return
        before, self._seen[task_id] = self._seen[task_id], after
        for payload in (True, False):
            topic = topic_of(task_id, payload=payload)
            if self._hub.has(topic):
                told = after if payload else without_payload(after)
                known = before if payload else without_payload(before)
                for event in events_between(known, told):
                    self._hub.publish(topic, event)
        if is_ended(after):
            self._end(task_id, NORMAL_CLOSURE)

    def _end(self, task_id: UUID, code: int) -> None:
        del self._seen[task_id]
        for payload in (True, False):
            self._hub.finish(topic_of(task_id, payload=payload), code)
