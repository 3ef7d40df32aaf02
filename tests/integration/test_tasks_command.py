"""`manage.py tasks`, in this project's database and against a served site."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management.base import CommandError
from redis import Redis

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Event, Task
from taskqueue_site.up.ports import free_port
from tests.support.rows import claimed, finished, make_task, outcome_of, reload
from tests.support.scripted import answer, scripted
from tests.support.shell import Shell, Terminal
from tests.support.waiting import wait_for
from tests.support.web import WebProcess, running_web
from tests.support.workers import ROOT

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[WebProcess]:
    with running_web(LIVE_BEAT_SECONDS="0.5") as process:
        yield process


@pytest.fixture(params=["here", "there"])
def shell(request: pytest.FixtureRequest, web: WebProcess) -> Shell:
    return Shell() if request.param == "here" else Shell("--url", web.url)


def test_a_task_is_submitted(shell: Shell) -> None:
    said = shell.facts("submit", "add", '{"x": 2, "y": 3}', "--queue", "low", "--max-retries", "7")

    task = Task.objects.get()
    assert (said["task_id"], said["status"], said["priority"]) == (str(task.pk), "PENDING", "low")
    assert (task.kwargs, task.queue, task.max_retries) == ({"x": 2, "y": 3}, "low", 7)
    assert task.submitted_by


def test_a_task_may_be_submitted_for_later(shell: Shell) -> None:
    said = shell.tasks("submit", "add", '{"x": 2, "y": 3}', "--delay-seconds", "60")

    task = Task.objects.get()
    assert said == f"{task.pk} is SCHEDULED on queue default.\n"


def test_a_task_may_have_tags_a_key_and_tasks_before_it(shell: Shell) -> None:
    # given a task that has not ended
    first = make_task()

    # when another is submitted twice, to follow it
    words = ["--tag", "blue", "--tag", "late", "--unique-key", "k", "--depends-on", first.pk]
    said = [shell.facts("submit", "add", '{"x": 2, "y": 3}', *words) for _ in range(2)]

    # then there is one, found by its tags
    assert said[0]["task_id"] == said[1]["task_id"]
    assert said[0]["status"] == "BLOCKED"
    (found,) = shell.facts("list", "--tag", "late")
    assert (found["task_id"], found["tags"]) == (said[0]["task_id"], ["blue", "late"])


def test_tasks_are_listed_in_a_table(shell: Shell) -> None:
    # given a task that fails, with an error that would clear a terminal
    task = make_task(queue="low")
    finished(
        outcome_of(claimed(task), move=Move.FAIL, ending=Ending.FAILED, error="a\x1b[2J\nbad end")
    )
    make_task()

    # when the failed ones are listed
    head, line = shell.tasks("list", "--status", "FAILURE").splitlines()

    # then the columns stand below their names, and no error does harm
    assert head.split() == ["task", "state", "type", "queue", "created", "worker", "error"]
    assert line.startswith(f"{task.pk}  FAILURE  add   low    ")
    assert line.endswith("a [2J bad end")


def test_a_list_is_narrowed_and_bounded(shell: Shell) -> None:
    tasks = [make_task(queue="high") for _ in range(3)]
    make_task(queue="low")

    found = shell.facts("list", "--queue", "high", "--limit", "2")

    assert [one["task_id"] for one in found] == [str(task.pk) for task in tasks[:0:-1]]
    assert shell.tasks("list", "--task-type", "none") == "No tasks.\n"


def test_a_task_is_shown_with_its_attempts(shell: Shell) -> None:
    task = make_task(kwargs={"x": 1, "y": 2})
    finished(outcome_of(claimed(task), result="3"))

    words = shell.tasks("show", task.pk)
    facts = shell.facts("show", task.pk)

    assert 'kwargs           {"x": 1, "y": 2}\n' in words
    assert "attempt 1        succeeded on w1\n" in words
    assert (facts["result"], len(facts["attempts"])) == (3, 1)


def test_a_task_is_run_once_more_as_a_new_one_with_other_arguments(shell: Shell) -> None:
    # given
    old = make_task(state=State.FAILURE, queue="low", kwargs={"x": 1, "y": 2})

    # when
    same = shell.tasks("rerun", old.pk)
    words = ["--queue", "high", "--delay-seconds", "60", "--tag", "again", "--reason", "a typo"]
    other = shell.facts("rerun", old.pk, '{"x": 5, "y": 2}', *words)

    # then
    first, second = Task.objects.filter(parent=old.pk).order_by("pk")
    assert same == f"{first.pk} is PENDING on queue low.\n"
    assert first.kwargs == old.kwargs
    assert (other["task_id"], other["status"]) == (str(second.pk), "SCHEDULED")
    assert (second.kwargs, second.queue, second.tags) == ({"x": 5, "y": 2}, "high", ["again"])
    assert Event.objects.get(task=second).reason == "a typo"
    assert second.submitted_by
    with pytest.raises(CommandError, match="STARTED"):
        shell.tasks("rerun", make_task(state=State.STARTED).pk)


def test_a_task_is_cancelled_and_run_again(shell: Shell) -> None:
    task = make_task()

    assert shell.tasks("cancel", task.pk, "--reason", "no need") == f"{task.pk} is revoked.\n"
    assert Event.objects.get(task=task).reason == "no need"
    assert shell.tasks("requeue", task.pk) == f"{task.pk} is PENDING on queue default.\n"
    assert reload(task).state == State.PENDING


def test_a_running_task_is_being_stopped(shell: Shell) -> None:
    task = make_task()
    claimed(task)

    assert shell.facts("cancel", task.pk) == {"task_id": str(task.pk), "status": "revoking"}


def test_reasons_are_told(shell: Shell) -> None:
    task = make_task(queue="low")

    assert shell.tasks("explain", task.pk).startswith("no_worker")
    assert shell.facts("explain", task.pk)[0].keys() == {"code", "message"}


def test_a_task_is_watched_until_it_has_succeeded(shell: Shell) -> None:
    # given somebody who watches a task that is half done
    progress = {"current": 1, "total": 2, "percent": 50.0, "message": "half"}
    task = make_task()
    claim = claimed(task)
    Task.objects.update(progress=progress)
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(shell.in_thread, "watch", task.pk)
        wait_for(lambda: "STARTED" in shell.said.getvalue(), what="the first line")

        # when it ends
        finished(outcome_of(claim))
        lines = watching.result(timeout=20).splitlines()

    # then each step was told in a line
    assert lines[0] == f"{task.pk}  add  STARTED  [##########..........]  50 %  half"
    assert lines[-1].startswith(f"{task.pk}  add  SUCCESS")


def test_a_person_sees_one_line_that_changes() -> None:
    task = make_task()
    finished(outcome_of(claimed(task)))

    said = Shell(output=Terminal).tasks("watch", task.pk)

    assert said == f"\r\x1b[K{task.pk}  add  SUCCESS\n"


def test_a_watched_task_that_fails_ends_with_status_1(shell: Shell) -> None:
    task = make_task()
    finished(outcome_of(claimed(task), move=Move.FAIL, ending=Ending.FAILED, error="boom"))

    with pytest.raises(CommandError, match=f"Task {task.pk} ended as FAILURE") as refused:
        shell.tasks("watch", task.pk)

    assert refused.value.returncode == 1
    assert shell.said.getvalue() == f"{task.pk}  add  FAILURE  boom\n"


def test_a_task_is_watched_by_programs_line_by_line(shell: Shell) -> None:
    task = make_task()
    finished(outcome_of(claimed(task)))

    (line,) = shell.tasks("watch", task.pk, "--json").splitlines()

    assert json.loads(line)["status"] == "SUCCESS"


UNKNOWN = "0190c6c0-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", UNKNOWN), f"There is no task {UNKNOWN}."),
        (("cancel", UNKNOWN), f"There is no task {UNKNOWN}."),
        (("watch", UNKNOWN), f"There is no task {UNKNOWN}."),
        (("submit", "nonsense"), "There is no task type 'nonsense'."),
        (("submit", "add", '{"x": "many"}'), "The arguments do not fit task type 'add': "),
        (("list", "--queue", "nowhere"), "queue"),
    ],
)
def test_what_is_refused_is_one_sentence_and_status_1(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError) as refused:
        shell.tasks(*words)

    assert said in str(refused.value)
    assert refused.value.returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("submit", "add", "[1]"), "must be a JSON object"),
        (("submit", "add", "{"), "is not JSON"),
        (("list", "--limit", "501"), "must be a whole number from 1 to 500"),
        (("list", "--url", "example.org"), "url must be like https://tasks.example.org"),
    ],
)
def test_a_wrong_command_ends_with_status_2(words: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "tasks", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr.splitlines()[-1]


def test_the_token_comes_from_the_environment_and_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a token, and a site that does not take it
    monkeypatch.setenv("TASKQUEUE_TOKEN", "hunter2")
    with scripted(answer('{"detail": "There is no such token."}', status=401)) as server:
        # when a command asks there
        with pytest.raises(CommandError) as refused:
            Shell("--url", server.url).tasks("list")

        # then the token was sent, and is not said
        assert "bearer hunter2" in server.requests[0].lower()
        assert str(refused.value) == "There is no such token."


def test_a_site_that_is_away_is_told_by_its_address() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(CommandError, match=f"{url} does not answer"):
        Shell("--url", url).tasks("submit", "add")


def test_a_database_that_is_away_is_told(no_database: None, redis: Redis) -> None:
    with pytest.raises(CommandError, match="The database does not answer"):
        Shell().tasks("list")
