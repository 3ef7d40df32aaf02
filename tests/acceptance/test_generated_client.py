"""A client that a generator wrote from the description alone."""

import importlib
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User

from jobs.api.permissions import READ_VERBS
from tests.support.authority import make_token, make_user
from tests.support.waiting import wait_for
from tests.support.web import WebProcess, running_web
from tests.support.workers import running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

PACKAGE = "django_task_queue_client"
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_fuzzed"}


def generated(web: WebProcess, folder: Path) -> None:
    """Write the client of a running site into a folder."""
    schema, configuration = folder / "schema.json", folder / "generator.yml"
    schema.write_bytes(httpx.get(f"{web.url}/api/schema").content)
    configuration.write_text("post_hooks: []\n")
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate"]
    command += ["--meta", "none", "--fail-on-warning", "--path", str(schema)]
    command += ["--config", str(configuration), "--output-path", str(folder / PACKAGE)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The calls and shapes of the generated package, with clients of the site for two tokens."""
    users = {"all": User.objects.create_superuser("root"), "read": make_user(*READ_VERBS)}
    tokens = {name: make_token(user) for name, user in users.items()}
    with running_web(**SETTINGS) as web, running_worker(**SETTINGS), ExitStack() as stack:
        generated(web, tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        package = importlib.import_module(PACKAGE)
        clients = {
            name: stack.enter_context(package.AuthenticatedClient(base_url=web.url, token=token))
            for name, token in tokens.items()
        }
        yield SimpleNamespace(
            clients=clients,
            models=importlib.import_module(f"{PACKAGE}.models"),
            call=lambda name: importlib.import_module(f"{PACKAGE}.api.tasks.{name}").sync,
        )
        for module in [name for name in sys.modules if name.startswith(PACKAGE)]:
            del sys.modules[module]


def test_a_generated_client_submits_reads_lists_and_cancels(written):
    # given
    client, models, call = written.clients["all"], written.models, written.call

    # when a task is submitted
    form = models.SubmitForm.from_dict({"task_type": "add", "payload": {"x": 2, "y": 3}})
    accepted = call("submit_task")(client=client, body=form)

    # then it can be read to its end
    def ended():
        task = call("get_task")(task_id=accepted.task_id, client=client)
        return task if task.status == models.State.SUCCESS else None

    task = wait_for(ended, what="the task's success")
    assert (task.result, task.task_type, task.retry_count) == (5, "add", 0)

    # and a task that waits is found and cancelled, once
    form = models.SubmitForm.from_dict({"name": "add", "args": [1, 2], "delay_seconds": 600})
    waiting = call("submit_task")(client=client, body=form)
    found = call("list_tasks")(client=client, search="state:scheduled arg.x:1")
    assert [line.task_id for line in found.tasks] == [waiting.task_id]
    cancelled = call("cancel_task")(task_id=waiting.task_id, client=client)
    assert cancelled.status == "revoked"


def test_a_generated_client_tells_what_went_wrong(written):
    call, models = written.call, written.models
    form = models.SubmitForm.from_dict({"task_type": "add", "payload": {"x": 2}})

    refused = call("submit_task")(client=written.clients["all"], body=form)
    assert (refused.status, refused.code) == (400, "invalid_arguments")
    assert [error.field for error in refused.errors] == ["payload.y"]

    refused = call("submit_task")(client=written.clients["read"], body=form)
    assert (refused.status, refused.code) == (403, "permission_denied")
