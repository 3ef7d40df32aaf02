"""Webhooks as they are in production: real workers, and a real receiver."""

import threading
import time

import pytest

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Task, Webhook, WebhookDelivery
from jobs.services.cancel import cancel
from jobs.services.deliver import resend
from jobs.services.enqueue import enqueue, enqueue_many
from jobs.store import webhooks as store
from tests.support.receiver import ALLOWED, running_receiver
from tests.support.rows import ago
from tests.support.waiting import wait_for
from tests.support.webhooks import make_webhook
from tests.support.workers import running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

HOOKED = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_hooked"}

QUEUES = ("high", "default", "low")


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.JOBS = settings.JOBS | ALLOWED
    store.forget()


@pytest.fixture
def receiver():
    with running_receiver() as running:
        yield running


def add(**options):
    return enqueue(task_type=registry.get("add"), kwargs={"x": 2, "y": 3}, **options)


def boom():
    return enqueue(task_type=registry.get("tests.boom"), max_retries=0)


def told(receiver):
    return [(received.message["type"], received.task_id) for received in receiver.received]


def test_what_becomes_of_tasks_is_told_and_nothing_else(receiver):
    # given a webhook, and tasks that succeed, fail, and are cancelled
    make_webhook(receiver.url)
    first, second, third = add(), boom(), add(run_after=ago(-3600))
    cancel(task_id=third.pk, actor="ada")

    # when a worker runs them
    with running_worker("--threads", "4", *QUEUES, **HOOKED):
        wait_for(lambda: len(receiver.received) >= 3, what="three messages")
        wait_for(_nothing_waits, what="the end of deliveries")

    # then each end is told once, and no delivery tells of itself
    assert sorted(told(receiver)) == sorted(
        [
            ("task.success", str(first.pk)),
            ("task.failure", str(second.pk)),
            ("task.revoked", str(third.pk)),
        ]
    )
    runners = Task.objects.filter(name="jobs.deliver_webhooks")
    assert runners.exists()
    assert {kind for kind, _ in told(receiver)} == {"task.success", "task.failure", "task.revoked"}


def test_many_ends_are_all_told(receiver):
    make_webhook(receiver.url)
    calls = [([], {"x": n, "y": n}) for n in range(300)]
    ids = enqueue_many(task_type=registry.get("add"), calls=calls)

    with running_worker("--threads", "4", *QUEUES, **HOOKED):
        wait_for(lambda: len(receiver.received) >= 300, what="300 messages")

    assert sorted(received.task_id for received in receiver.received) == sorted(ids)


def test_a_receiver_that_fails_is_told_again(receiver):
    make_webhook(receiver.url)
    receiver.script += [500, _hang]
    task = add()

    with running_worker(**HOOKED):
        wait_for(lambda: _log().state == "delivered" if _log() else False, what="the delivery")

    assert told(receiver) == [("task.success", str(task.pk))] * 3
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1


def test_a_slow_receiver_does_not_hold_up_another(receiver):
    # given a receiver that never answers, with many messages, and one that does
    with running_receiver(answer=_hang) as slow:
        make_webhook(slow.url)
        webhook = make_webhook(receiver.url)
        for _ in range(10):
            add()

        # when one thread has to serve both
        with running_worker("--threads", "1", *QUEUES, **HOOKED):
            wait_for(lambda: len(receiver.received) >= 10, what="ten messages")

        # then the quick one was told all while the slow one still kept some waiting
        mine = WebhookDelivery.objects.filter(webhook=webhook)
        assert set(mine.values_list("state", flat=True)) <= {"delivered", "waiting"}
        assert WebhookDelivery.objects.exclude(webhook=webhook).filter(state="waiting").exists()


def test_a_worker_that_is_killed_in_the_middle_delivers_again(receiver):
    # given a worker in the middle of a delivery
    make_webhook(receiver.url)
    arrived, go = threading.Event(), threading.Event()

    def stall(handler):
        arrived.set()
        go.wait(20)

    receiver.script += [stall]
    task = add()
    with running_worker(**HOOKED) as worker:
        assert arrived.wait(20)

        # when it is killed
        worker.kill_tree()
        go.set()
        assert _log().state == "waiting"

    # then another one delivers again, under the same id
    with running_worker(**HOOKED):
        wait_for(lambda: _log().state == "delivered", what="the second delivery")
    assert told(receiver) == [("task.success", str(task.pk))] * 2
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1


def test_a_receiver_that_keeps_failing_is_disabled_and_can_be_told_again(receiver):
    # given
    webhook = make_webhook(receiver.url)
    receiver.answer = 500
    add()

    # when
    with running_worker(**HOOKED):
        wait_for(lambda: not Webhook.objects.get().enabled, what="the end of patience")
        assert Webhook.objects.get().disabled_reason.startswith("3 failures in a row since")

        # then it is told by hand when it is well again
        receiver.answer = 200
        Webhook.objects.update(enabled=True, consecutive_failures=0, failing_since=None)
        resend(webhook_id=webhook.pk, delivery_id=_log().pk)
        wait_for(lambda: _log().state == "delivered", what="the delivery by hand")


def test_a_paused_queue_holds_its_deliveries_and_loses_none(receiver):
    make_webhook(receiver.url)
    add()

    with running_worker("high", "default", **HOOKED):
        wait_for(lambda: Task.objects.filter(name="jobs.deliver_webhooks").exists(), what="a task")
    assert receiver.received == []
    with running_worker("low", **HOOKED):
        wait_for(lambda: receiver.received, what="the delivery")

    assert Task.objects.filter(name="jobs.deliver_webhooks", state=State.FAILURE).count() == 0


def _hang(handler):
    time.sleep(2)  # longer than a delivery may take: the receiver's own time, not a wait of ours


def _log():
    return WebhookDelivery.objects.first()


def _nothing_waits():
    return not WebhookDelivery.objects.filter(state="waiting").exists()
