"""Webhooks in the admin."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session

from jobs.models import Webhook, WebhookDelivery
from jobs.services.webhooks import disable
from tests.support.staff import client_of, said
from tests.support.webhooks import URL, deliver, end, make_webhook, verified

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks", "jobs")]

LIST = "/admin/jobs/webhook/"
FORM = {"url": URL, "description": "of the shop", "states": ["FAILURE"], "tags": ""}
MAY = ("jobs.manage_webhooks", "jobs.view_task")


@pytest.fixture
def browser():
    return client_of(*MAY)


def page_of(webhook):
    return f"{LIST}{webhook.pk}/change/"


def secret_on(page):
    return re.search(r"whsec_[A-Za-z0-9+/=]{44}", page.content.decode())[0]


def test_a_new_webhook_shows_its_secret_once_and_signs_with_it(browser, receiver):
    # when a member of staff makes a webhook
    page = browser.post(f"{LIST}add/", FORM | {"url": receiver.url, "states": ["SUCCESS"]})

    # then the page shows the secret, and what is sent is signed with it
    plain = secret_on(page)
    assert "no-store" in page.headers["Cache-Control"]
    webhook = Webhook.objects.get()
    assert (webhook.owner.username, webhook.states) == ("ada", ["SUCCESS"])
    end()
    deliver(webhook)
    assert verified(receiver.received[0], plain)

    # and no other page does, nor anything that is kept
    for address in (LIST, page_of(webhook), f"{LIST}{webhook.pk}/history/", "/admin/"):
        later = browser.get(address)
        assert later.status_code == 200
        assert plain not in later.content.decode()
        assert webhook.seed not in later.content.decode()
    kept = [str(entry.__dict__) for entry in LogEntry.objects.all()]
    kept += [str(session.get_decoded()) for session in Session.objects.all()]
    assert kept
    assert plain not in "".join(kept)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "http://10.0.0.1/"}, "10.0.0.1: private"),
        ({"url": "ftp://example.com/"}, "begins with http"),
        ({"states": []}, "This field is required"),
        ({"states": ["STARTED"]}, "is not one of the available choices"),
        ({"task_types": ["jobs.deliver_webhooks"]}, "is not one of the available choices"),
        ({"tags": "x" * 51}, "printable"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(browser, wrong, words):
    page = browser.post(f"{LIST}add/", FORM | wrong)

    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Webhook.objects.exists()


def test_a_webhook_is_changed_and_removed(browser):
    # given
    webhook = make_webhook(tags=["a", "b"])
    page = browser.get(page_of(webhook)).content.decode()
    assert 'value="a, b"' in page

    # when
    changed = FORM | {"task_types": ["add"], "tags": "nightly, billing", "with_payload": "on"}
    browser.post(page_of(webhook), changed)

    # then
    webhook.refresh_from_db()
    assert (webhook.states, webhook.task_types) == (["FAILURE"], ["add"])
    assert (webhook.tags, webhook.with_payload) == (["nightly", "billing"], True)
    listed = browser.get(LIST).content.decode()
    assert "FAILURE of add with nightly or billing" in listed
    assert "of the shop" in listed

    # and when it is removed, its log goes with it
    WebhookDelivery.objects.create(webhook=webhook, type="webhook.test")
    browser.post(f"{LIST}{webhook.pk}/delete/", {"post": "yes"})
    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_the_list_removes_those_that_are_chosen(browser):
    first, second = make_webhook(), make_webhook()
    WebhookDelivery.objects.create(webhook=first, type="webhook.test")

    chosen = {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
    browser.post(LIST, chosen)

    assert list(Webhook.objects.all()) == [second]
    assert not WebhookDelivery.objects.exists()


def test_the_page_shows_the_log_and_sends_again(browser, receiver, jobs):
    # given a message that was given up
    jobs(webhooks_max_retries=0)
    webhook = make_webhook(receiver.url)
    task = end()
    receiver.script += [500]
    assert deliver(webhook) == [False]
    page = browser.get(page_of(webhook)).content.decode()
    assert "it answered 500 Internal Server Error" in page
    assert str(task.pk) in page
    assert "Its receiver fails since" in page
    assert "failing since" in browser.get(LIST).content.decode()

    # when the button beside it is pressed
    delivery = WebhookDelivery.objects.get()
    answer = browser.post(f"{LIST}{webhook.pk}/resend/{delivery.pk}/")

    # then
    assert said(answer) == "The message is sent once more."
    assert deliver(webhook) == [True]
    assert "delivered" in browser.get(page_of(webhook)).content.decode()


def test_buttons_try_it_and_turn_it_off_and_on(browser, receiver):
    webhook = make_webhook(receiver.url)

    # a test message
    browser.post(f"{LIST}{webhook.pk}/test/")
    assert deliver(webhook) == [True]
    assert receiver.received[0].message["type"] == "webhook.test"

    # off
    browser.post(f"{LIST}{webhook.pk}/disable/")
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.disabled_reason) == (False, "by ada")
    assert "by ada" in browser.get(LIST).content.decode()
    refused = browser.post(f"{LIST}{webhook.pk}/test/")
    assert "is disabled: enable it first" in said(refused)

    # on
    browser.post(f"{LIST}{webhook.pk}/enable/")
    webhook.refresh_from_db()
    assert webhook.enabled
    told = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert [message.split(":")[0].split(";")[0] for message in told] == [
        "A test message is sent",
        "It is disabled",
        "It is enabled",
    ]


def test_the_buttons_belong_to_a_form_of_their_own_so_that_enter_saves(browser):
    page = browser.get(page_of(make_webhook())).content.decode()

    buttons = re.findall(r"<button[^>]*formaction[^>]*>", page)
    assert len(buttons) == 3
    assert all('form="webhook-buttons"' in button for button in buttons)
    assert '<form id="webhook-buttons" method="post"><input type="hidden" name="csrf' in page


def test_a_new_secret_is_shown_once(browser):
    webhook = make_webhook()

    page = browser.post(f"{LIST}{webhook.pk}/rotate/")

    plain = secret_on(page)
    assert "signs too until" in page.content.decode()
    assert plain not in browser.get(page_of(webhook)).content.decode()


def test_without_the_permission_nothing_is_seen_or_done():
    # given
    webhook = make_webhook()
    delivery = WebhookDelivery.objects.create(webhook=webhook, type="webhook.test")
    browser = client_of("jobs.view_task", "jobs.view_payload", name="grace")

    # then
    assert "webhook" not in browser.get("/admin/").content.decode()
    for address in (LIST, f"{LIST}add/", page_of(webhook)):
        assert browser.get(address).status_code == 403
    for word in ("test", "enable", "disable", "rotate", f"resend/{delivery.pk}"):
        assert browser.post(f"{LIST}{webhook.pk}/{word}/").status_code == 403
    assert browser.post(f"{LIST}add/", FORM).status_code == 403
    assert browser.post(f"{LIST}{webhook.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(Webhook.objects.values_list("enabled", flat=True)) == [True]
    assert WebhookDelivery.objects.get().tries == 0


@pytest.mark.parametrize("name", ["nothing", "01a1fe7b-4f55-7573-a1b3-af74fa4f907d"])
def test_what_is_not_there_is_no_error(browser, name):
    assert browser.get(f"{LIST}{name}/change/").status_code == 302
    assert browser.post(f"{LIST}{name}/test/").status_code in {302, 404}


def test_buttons_are_pressed_not_followed(browser):
    webhook = make_webhook()

    for word in ("test", "enable", "disable", "rotate"):
        assert browser.get(f"{LIST}{webhook.pk}/{word}/").status_code == 405


def test_seeds_cannot_be_guessed_at_by_filters(browser):
    webhook = make_webhook()
    disable(webhook_id=webhook.pk, reason="")

    answer = browser.get(f"{LIST}?seed__startswith={webhook.seed[0]}")

    assert answer.status_code in {302, 400}


def test_hostile_words_are_shown_as_text(browser):
    webhook = make_webhook(description="<script>alert(1)</script>")
    disable(webhook_id=webhook.pk, reason="<img src=x>")

    for address in (LIST, page_of(webhook)):
        page = browser.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x>" not in page
