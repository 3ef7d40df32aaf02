"""A database that goes away for some seconds, in each of the ways that this run's database can."""

from pathlib import Path

import pytest
from redis import Redis

from jobs.models import Task
from tests.support.outages import Outage, outages
from tests.support.plugin import SERVERS
from tests.support.rows import submit_marks
from tests.support.verdict import all_settled, ran_again, violations
from tests.support.waiting import wait_for
from tests.support.workers import running_crowd

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

AWAY_SECONDS = 3.0


def test_an_outage_shorter_than_the_lease_costs_next_to_nothing(
    outage: Outage, tmp_path: Path, redis: Redis
):
    # given two workers in the middle of thirty tasks
    with running_crowd(2, LEASE_SECONDS="15") as crowd:
        ids = submit_marks(30, tmp_path, seconds=0.1)
        wait_for(lambda: Task.objects.ended().count() >= 5)

        # when the database is away for a while
        outage(crowd, AWAY_SECONDS)
        wait_for(all_settled(ids, redis))

        # then no worker has died of it
        assert crowd.are_ready()

    assert violations(ids, redis, marks=tmp_path) == []
    assert ran_again(ids, tmp_path) == []


def test_an_outage_longer_than_the_lease_loses_nothing(
    outage: Outage, tmp_path: Path, redis: Redis
):
    with running_crowd(2, LEASE_SECONDS="2") as crowd:
        ids = submit_marks(30, tmp_path, seconds=0.1)
        wait_for(lambda: Task.objects.ended().count() >= 5)

        outage(crowd, AWAY_SECONDS)
        wait_for(all_settled(ids, redis))

    assert violations(ids, redis, marks=tmp_path) == []


def test_workers_told_to_stop_during_an_outage_end_in_time(
    outage: Outage, tmp_path: Path, redis: Redis
):
    # given two workers in the middle of thirty tasks
    with running_crowd(2, DRAIN_SECONDS="1") as crowd:
        ids = submit_marks(30, tmp_path, seconds=0.1)
        wait_for(lambda: Task.objects.ended().count() >= 5)

        # when they are told to stop just before the database goes away
        for worker in crowd.workers:
            worker.process.terminate()
        outage(crowd, AWAY_SECONDS)
        for worker in crowd.workers:
            worker.process.wait(60)

        # then others do the rest
        crowd.replace_dead()
        wait_for(all_settled(ids, redis))
    assert violations(ids, redis, marks=tmp_path) == []


#: The others meet the worst kind only: each costs several seconds.
ALL_KINDS = (test_an_outage_shorter_than_the_lease_costs_next_to_nothing,)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    known = outages(metafunc.config.stash[SERVERS])
    names = list(known) if metafunc.function in ALL_KINDS else list(known)[-1:]
    metafunc.parametrize("outage", [known[name] for name in names], ids=names)
