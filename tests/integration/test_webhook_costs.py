"""What the webhooks cost those who end tasks, and what each process knows of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Webhook
from jobs.services.cancel import cancel
from jobs.services.webhooks import change, disable, enable
from jobs.store import webhooks as store
from tests.support.rows import claimed, exchanged, finished, make_task, outcome_of
from tests.support.webhooks import make_webhook, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks")]


def test_without_webhooks_ends_cost_no_statement_more():
    # given a worker that has looked
    exchanged([], make_task())
    finished(outcome_of(claimed(make_task())))
    claims = [claimed(make_task()) for _ in range(3)]

    # when
    with CaptureQueriesContext(connection) as queries:
        exchanged([outcome_of(claim) for claim in claims])

    # then
    assert "webhook" not in str(queries.captured_queries)


def test_ends_that_nobody_wants_cost_no_statement_more():
    make_webhook(states=["FAILURE"])
    make_webhook(task_types=["calculate"])
    finished(outcome_of(claimed(make_task())))
    claim = claimed(make_task())

    with CaptureQueriesContext(connection) as queries:
        finished(outcome_of(claim))

    assert "webhook" not in str(queries.captured_queries)


def test_what_this_process_changes_counts_at_once():
    webhook = make_webhook(states=["FAILURE"])
    finished(outcome_of(claimed(make_task())))

    change(webhook_id=webhook.pk, states=["SUCCESS"])
    finished(outcome_of(claimed(make_task())))
    disable(webhook_id=webhook.pk, reason="enough")
    finished(outcome_of(claimed(make_task())))
    enable(webhook_id=webhook.pk)
    finished(outcome_of(claimed(make_task())))

    assert len(told()) == 2


def test_what_another_process_has_removed_meanwhile_is_not_told():
    # given a worker that knows a webhook
    webhook = make_webhook()
    finished(outcome_of(claimed(make_task())))

    # when another process removes it, and a task ends before the worker looks again
    Webhook.objects.filter(pk=webhook.pk).delete()
    finished(outcome_of(claimed(make_task())))

    # then
    assert told() == []


def test_what_another_process_has_made_is_told_after_the_next_look(monkeypatch):
    # given a worker that has just looked
    finished(outcome_of(claimed(make_task())))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("jobs.services.webhooks.store.forget", lambda: None)
        make_webhook()

    # then until it looks again it misses what its own tasks reach, and never what people do
    finished(outcome_of(claimed(make_task())))
    assert told() == []
    cancel(task_id=make_task().pk, actor="ada")
    assert len(told()) == 1

    # and then nothing
    monkeypatch.setattr(store, "FRESH_SECONDS", 0.0)
    finished(outcome_of(claimed(make_task())))
    assert len(told()) == 2
