import json
import logging

import pytest

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.services.rescue import Verdict, held_by, rescue
from jobs.signals import attempts_ended
from tests.support.rows import claimed, make_task, outcome_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_task_that_failed_for_good_is_logged_once_with_its_facts(caplog):
    # given one failure, one retry and one success in a batch
    claims = [claimed(make_task(kwargs={"password": "hunter2"})) for _ in range(3)]
    failure = outcome_of(claims[0], move=Move.FAIL, ending=Ending.FAILED, exception="ValueError")
    retry = outcome_of(claims[1], move=Move.RETRY, ending=Ending.FAILED)
    success = outcome_of(claims[2])
    states = {
        failure.task_id: State.FAILURE,
        retry.task_id: State.RETRY,
        success.task_id: State.SUCCESS,
    }

    # when
    with caplog.at_level(logging.ERROR, "jobs.failures"):
        attempts_ended.send(None, outcomes=[failure, retry, success], states=states)

    # then
    (record,) = caplog.records
    facts = json.loads(record.getMessage().partition("failed for good: ")[2])
    assert facts["task_id"] == failure.task_id
    assert (facts["task_type"], facts["exception"]) == ("add", "ValueError")
    assert "hunter2" not in record.getMessage()


def test_a_task_given_up_by_a_rescue_is_logged_too(caplog):
    task = make_task(rescues=2)
    claim = claimed(task)

    with caplog.at_level(logging.ERROR, "jobs.failures"):
        rescue(held_by("w1"), verdicts={(claim.task_id, 1): Verdict.CRASHED}, detail="signal 11")

    assert str(task.pk) in caplog.text
