import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from redis import Redis

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
