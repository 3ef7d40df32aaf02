"""What running tasks log, on its way to those who watch."""

import time

from jobs.store.live_logs import LogEnd
from jobs.worker.captured_log import CapturedLog

#: Attempts that end sooner show their whole log at once.
LEAST_SECONDS = 1.0
TAIL_LINES = 100
TAIL_BYTES = 8_000


class LogTail:
    """The logs to which something was added since they were last taken."""

    def __init__(self) -> None:
        self._changed: dict[str, tuple[int, CapturedLog]] = {}

    def note(self, task_id: str, fence: int, log: CapturedLog) -> None:
        """A task logged something; called by its own thread."""
        self._changed[task_id] = (fence, log)

    def take(self) -> list[LogEnd]:
        """The ends of those logs whose attempts run for a while already."""
        self.forget_ended()
        young = time.monotonic() - LEAST_SECONDS
        ends = []
        for task_id, (fence, log) in list(self._changed.items()):
            if log.began <= young:
                # before it is read: what is added meanwhile is noted anew
                self._changed.pop(task_id, None)
                ends.append(LogEnd(task_id, fence, log.tail(lines=TAIL_LINES, most=TAIL_BYTES)))
        return ends

    def forget_ended(self) -> None:
        """Let go of the logs that their attempts have kept."""
        for task_id, (_, log) in list(self._changed.items()):
            if log.is_over:
                self._changed.pop(task_id, None)
