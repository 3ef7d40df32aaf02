"""Facts that the work announces; telemetry and users of this app listen.

`attempts_ended` is sent by a worker's feeder after the commit, once per batch, with
`outcomes: list[Outcome]` and `states: dict[str, State]` (the new state of each task that was
still ours to end).

`dependants_failed` is sent after the commit that failed tasks which never ran, since one that they
depend on had failed, with `tasks: list[Task]` (id, name and queue read) and `why`, their error.

`tasks_cancelled` is sent after the commit that cancelled tasks which did not run, with
`tasks: list[Task]` (id, name and queue read); a running one is told of in `attempts_ended`.

`tokens_revoked` is sent after the commit: who remembers callers must forget them.

`webhook_disabled` is sent after the commit, with `webhook_id`, `url`, `reason` and `actor`: who did
it, "" for the queue itself.
"""

from django.dispatch import Signal

attempts_ended = Signal()
dependants_failed = Signal()
tasks_cancelled = Signal()
tokens_revoked = Signal()
webhook_disabled = Signal()
