"""The API under whatever its description allows, and under what it does not.

Every answer must be described, and none may be a server's error. FUZZ_CASES says how many cases at
least (`make fuzz` asks for 20,000, and its end says how many there were), and FUZZ_SEED repeats
what a failure names.
"""

import os

import pytest
from django.contrib.auth.models import User

from jobs.domain.operations import Action, OperationState
from jobs.domain.states import State
from jobs.models import Operation
from tests.support.authority import make_token
from tests.support.fuzzing import fuzz, known
from tests.support.plugin import TOLD
from tests.support.rows import make_task
from tests.support.web import running_web
from tests.support.workers import running_worker

CASES = int(os.environ.get("FUZZ_CASES") or 1)
SEED = int(os.environ.get("FUZZ_SEED") or 1)
MOST_PER_CALL = 150 if CASES > 1 else 3
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_fuzzed"}

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600 + CASES / 5),
]


def test_no_call_ends_in_an_error_of_the_server_or_in_what_is_not_described(
    tmp_path, record_property
):
    # given a site with a worker, what a call may name, and a token that may do everything
    for each in known("dead_letters"):
        make_task(id=each, state=State.FAILURE, max_retries=0)  # fails again
    for each in known("operations"):
        Operation.objects.create(id=each, action=Action.REQUEUE, state=OperationState.PAUSED)
    token = make_token(User.objects.create_superuser("root"))
    with running_web(**SETTINGS) as web, running_worker(**SETTINGS):
        # then every check holds for every call
        count, seed = 0, SEED
        while count < CASES:
            count += fuzz(web.url, token, most_per_call=MOST_PER_CALL, seed=seed, folder=tmp_path)
            seed += 1
    assert count > 300
    record_property(TOLD, f"{count:,} made-up requests, seeds {SEED} to {seed - 1}")
