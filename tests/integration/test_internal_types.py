"""Task types that only code of the project enqueues."""

import pytest
from django.core.management import CommandError, call_command

from jobs import task
from jobs.domain.registry import registry
from jobs.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


@task(name="tests.inner", internal=True)
def inner() -> None:
    """Of no use to anybody else."""


def test_an_internal_type_is_neither_listed_nor_submitted_from_outside(api, client):
    # when it is asked for through each door
    listed = [each["name"] for each in api.get("task-types").json()["task_types"]]
    answers = [
        api.post("tasks/submit", {"task_type": "tests.inner"}),
        api.post("tasks", {"task_type": "tests.inner"}),
        api.post("tasks/bulk", {"tasks": [{"task_type": "tests.inner"}]}),
    ]
    page = client.get("/submit/").content.decode()
    with pytest.raises(CommandError, match="no task type"):
        call_command("tasks", "submit", "tests.inner")

    # then it does not exist for them
    assert "add" in listed
    assert {"tests.inner", "jobs.run_operation", "jobs.deliver_webhooks"}.isdisjoint(listed)
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "tests.inner" not in page
    assert not Task.objects.exists()


def test_code_of_the_project_enqueues_it_as_any_other():
    result = inner.enqueue()
    assert Task.objects.get(pk=result.id).name == "tests.inner"
    assert registry.get("tests.inner").internal
