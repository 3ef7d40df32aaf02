"""The form that submits a task, without scripts."""

import pytest
from django.test import Client, override_settings

from jobs.domain.states import State
from jobs.models import Task
from tests.support.dashboard_pages import html, submit_with_token, with_permissions

pytestmark = pytest.mark.django_db

CLOSED = {"ANONYMOUS_ACCESS": False}
FRAGMENT = {"x-fragment": "1"}


def test_a_task_is_submitted_without_scripts(browser: Client) -> None:
    # when a form is filled in and sent
    fields = {"type": "add", "argument-x": "1", "argument-y": "2.5", "queue": "low", "delay": ""}
    fields |= {"tags": " billing,, urgent ", "overview": "1"}
    response = submit_with_token(browser, "/?type=add", "/submit/", **fields)

    # then the task waits, and the page says so
    assert response.status_code == 302
    task = Task.objects.get()
    assert (task.name, task.kwargs, task.queue) == ("add", {"x": 1, "y": 2.5}, "low")
    assert task.tags == ["billing", "urgent"]
    assert f"/tasks/{task.pk}/" in html(browser.get(response["Location"].split("#")[0]))


def test_a_delay_schedules_the_task(client: Client) -> None:
    client.post("/submit/", {"type": "process", "argument-data": "{}", "delay": "60"})
    assert Task.objects.get().state == State.SCHEDULED


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"argument-x": "one", "argument-y": "2"}, "x", "Must be a number"),
        ({"argument-x": "", "argument-y": "2"}, "x", "This field is required."),
        ({"argument-x": "1", "argument-y": "2", "delay": "soon"}, "delay", "number of seconds"),
        ({"argument-x": "1", "argument-y": "2", "delay": "-1"}, "delay", "number of seconds"),
        ({"argument-x": "1", "argument-y": "2", "tags": "x" * 101}, "tags", "printable"),
        ({"argument-x": "1", "argument-y": "2", "queue": "fast"}, "", "There is no queue"),
        ({"type": "unheard_of"}, "", "There is no task type"),
    ],
)
def test_a_faulty_form_comes_back_with_its_text_and_the_fault(
    client: Client, fields: dict[str, str], field: str, words: str
) -> None:
    response = client.post("/submit/", {"type": "add"} | fields)

    page = html(response)
    assert response.status_code == 400
    assert words in page
    if field:
        assert f'id="{field if field in {"delay", "tags"} else f"argument-{field}"}-error"' in page
        assert 'aria-invalid="true"' in page
    assert not Task.objects.exists()


def test_what_only_the_type_can_refuse_is_told_at_its_field(client: Client) -> None:
    fields = {"argument-user_id": "7", "argument-amount": "-5", "argument-currency": "EUR"}
    page = html(client.post("/submit/", {"type": "process_payment"} | fields))
    assert 'id="argument-amount-error"' in page
    assert 'value="-5"' in page
    assert not Task.objects.exists()


def test_the_form_has_a_page_of_its_own() -> None:
    # given somebody who may submit, and see nothing
    with override_settings(JOBS=CLOSED):
        client = with_permissions("submit_task")

        # when they ask for a type's form, and send it
        page = html(client.get("/submit/?type=add"))
        fields = {"type": "add", "argument-x": "1", "argument-y": "2", "overview": "1"}
        faulty = client.post("/submit/", fields | {"argument-x": "one"})
        response = client.post("/submit/", fields)

        # then they are told, on the same page
        assert 'name="argument-x"' in page
        assert "Newest tasks" not in html(faulty)
        assert response["Location"] == "/submit/?type=add#submit"
        assert "add was submitted." in html(client.get("/submit/?type=add"))


def test_a_form_comes_filled_in_with_an_example(client: Client) -> None:
    page = html(client.get("/submit/?type=send_email&example=1"))
    assert 'value="ada@example.org"' in page
    assert "Thank you. It is on its way.</textarea>" in page


def test_scripts_get_the_form_alone(client: Client) -> None:
    page = html(client.get("/submit/", {"type": "send_email"}, headers=FRAGMENT))
    assert 'name="argument-subject"' in page
    assert "<html" not in page
