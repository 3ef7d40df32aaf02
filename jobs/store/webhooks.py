"""What tasks reach is written down for the webhooks that want it, in the transaction that does it.

So a message is lost with what it tells or not at all, and nothing is told that is not committed.
"""

import time
from collections.abc import Iterable, Sequence
from uuid import UUID

import orjson
import uuid_utils
from django.db import connection
from django.utils import timezone

from jobs.domain.webhooks import RUNNER, TOLD, Subscription, message_type
from jobs.models import Task, Webhook
from jobs.store.dialect import is_postgresql, key, text

#: For so long a worker believes what it last read of the webhooks. Of a new webhook's tasks, those
#: that end within it may be missed; one that was disabled or changed is looked at again.
FRESH_SECONDS = 2.0
#: What a message tells of a task: all but its payload.
COLUMNS = {
    field.attname: field
    for field in Task._meta.concrete_fields  # noqa: SLF001 - Django's public way
    if field.attname not in {"args", "kwargs", "result", "error", "progress"}
}

# The driver would take ten times as long over arrays of JSON texts.
_INSERT = """
INSERT INTO jobs_webhookdelivery (state, attempts, tries, error, due_at, created_at,
                                  id, webhook_id, event_id, type, task, facts)
SELECT 'waiting', 0, 0, '', %s, %s, """
_POSTGRESQL = f"""{_INSERT} (value->>0)::uuid, (value->>1)::uuid, (value->>2)::uuid, value->>3,
       (value->>4)::uuid, value->>5 FROM jsonb_array_elements(%s::jsonb)
"""
_SQLITE = f"""{_INSERT} value->>0, value->>1, value->>2, value->>3, value->>4, value->>5
  FROM json_each(%s)
"""

Reached = Iterable[tuple[str | UUID, str, str]]
"""Tasks that reach a state: id, name and state of each."""


class _Known:
    """What this process last read."""

    subscriptions: Sequence[Subscription] = ()
    read_at = float("-inf")


def forget() -> None:
    """Read the webhooks anew at the next look."""
    _Known.read_at = float("-inf")


def subscriptions() -> Sequence[Subscription]:
    """What is wanted by any webhook."""
    rows = Webhook.objects.enabled().order_by().only("states", "task_types", "tags")
    return [webhook.subscription for webhook in rows]


def known_subscriptions() -> Sequence[Subscription]:
    """The same, as of at most `FRESH_SECONDS` ago: costs the hot path nothing."""
    moment = time.monotonic()
    if moment - _Known.read_at >= FRESH_SECONDS:
        _Known.subscriptions = subscriptions()
        _Known.read_at = moment
    return _Known.subscriptions


def note(reached: Reached, wanted: Sequence[Subscription]) -> None:
    """Write a message for each of the tasks and each webhook that wants it.

    Must run in the transaction in which they reach their states, after they have. `wanted` spares
    looking at those that nobody wants.
    """
    if not wanted:
        return
    ids = [
        task_id
        for task_id, name, state in reached
        if state in TOLD
        and name != RUNNER
        and any(subscription.may_want(name, state) for subscription in wanted)
    ]
    if ids:
        _write(ids)


def _write(ids: Sequence[str | UUID]) -> None:
    """What was known may be old: the webhooks are read again, with the tasks as they stand now."""
    webhooks = [(each.pk, each.subscription) for each in Webhook.objects.enabled().order_by("pk")]
    new: list[tuple[object, ...]] = []
    rows = Task.objects.among([UUID(str(task_id)) for task_id in ids]).order_by("pk")
    for row in rows.values(*COLUMNS):
        tags = row["tags"] or ()
        takers = [pk for pk, wanted in webhooks if wanted.wants(row["name"], row["state"], tags)]
        if takers:
            told = (message_type(row["state"]), _id(row["id"]), orjson.dumps(row).decode())
            event_id = _id(uuid_utils.uuid7())
            new += [(_id(uuid_utils.uuid7()), _id(pk), event_id, *told) for pk in takers]
    if new:
        now = timezone.now()
        moment = now if is_postgresql() else text(now)
        statement = _POSTGRESQL if is_postgresql() else _SQLITE
        with connection.cursor() as cursor:
            cursor.execute(statement, [moment, moment, orjson.dumps(new).decode()])


def _id(given: object) -> str:
    return str(given) if is_postgresql() else key(str(given))


def task_of(facts: str) -> Task:
    """The task that a message tells of, as it stood then, without its payload."""
    row = orjson.loads(facts)
    return Task(**{name: COLUMNS[name].to_python(given) for name, given in row.items()})
