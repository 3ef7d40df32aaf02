import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from redis import Redis

from jobs.models import Event, Task
from tests.support.management.commands.flush import MOST_ROWS
from tests.support.plugin import share_of

ASK = """
import django
django.setup()
from django.contrib.auth.models import User
print(User.objects.count())
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_with_the_same_environment_sees_the_rows_of_a_test() -> None:
    # given a committed row
    User.objects.create_user("ann")

    # when another process counts
    seen = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=True, timeout=30
    )

    # then it finds the row
    assert seen.stdout.strip() == "1"


def test_the_database_is_the_one_that_was_asked_for(request: pytest.FixtureRequest) -> None:
    assert connection.vendor == request.config.getoption("--database")


def test_no_test_works_in_the_project_s_own_data_folder() -> None:
    assert not Path(settings.DATA_DIR).is_relative_to(settings.BASE_DIR)
    assert os.environ["REDIS_URL"] == settings.REDIS_URL


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_starts_with_an_empty_redis(redis: Redis, time: str) -> None:
    assert redis.dbsize() == 0
    redis.set("left behind by", time)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 2 * MOST_ROWS], ids=["few", "many"])
@pytest.mark.parametrize("lost", ["", "view_task"], ids=["", "a permission less"])
def test_after_a_test_that_commits_the_database_is_as_migrating_made_it(
    count: int, lost: str
) -> None:
    # given what is there from the start
    flush = partial(call_command, "flush", interactive=False, verbosity=0)
    flush()
    there = sorted(Permission.objects.values_list("content_type__model", "codename"))

    # when a test leaves rows that refer to each other, and may take away what was there
    ann = User.objects.create_user("ann")
    ann.groups.add(Group.objects.create(name="operators"))
    tasks = Task.objects.bulk_create(Task(name="add") for _ in range(count))
    Event.objects.bulk_create(Event(task=task, kind=Event.Kind.REQUEUED) for task in tasks)
    Permission.objects.filter(codename=lost).delete()
    flush()

    # then
    kept = {Permission, ContentType}
    models = [model for model in apps.get_models() if model._meta.managed]
    assert {model for model in models if model.objects.exists()} == kept
    assert sorted(Permission.objects.values_list("content_type__model", "codename")) == there


@pytest.mark.one_database
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shares_of_a_suite_hold_each_file_once(count: int) -> None:
    files = [Path(f"test_{number}.py") for number in range(7)]

    shares = [share_of(reversed(files), number, count) for number in range(1, count + 1)]

    assert sorted(path for share in shares for path in share) == files
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
