"""Wall clocks that are wrong, and are set right: nobody dies of it, nothing runs twice."""

from pathlib import Path

import pytest
from redis import Redis

from jobs.models import Attempt, Task, WorkerLease
from tests.support.rows import submit_marks
from tests.support.verdict import all_settled, ran_again, violations
from tests.support.waiting import wait_for
from tests.support.workers import running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

HOUR = 3600


def set_clock(file: Path, seconds: float) -> None:
    """In one stroke: a reader never meets half a number."""
    new = file.with_suffix(".new")
    new.write_text(str(seconds))
    new.rename(file)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_under_load_kills_nobody(jump: int, tmp_path: Path, redis: Redis):
    # given a worker whose clock is right and one whose clock will jump, under load
    clock = tmp_path / "clock"
    set_clock(clock, 0)
    jumpy = {
        "DJANGO_SETTINGS_MODULE": "tests.support.settings_shifted",
        "CLOCK_FILE": str(clock),
    }
    with (
        running_worker(LEASE_SECONDS="4") as steady,
        running_worker(LEASE_SECONDS="4", **jumpy) as other,
    ):
        horses = {steady.horse_pid(), other.horse_pid()}
        ids = submit_marks(40, tmp_path, seconds=0.15)
        wait_for(lambda: Task.objects.ended().count() >= 5)

        # when it jumps, and is set right again
        set_clock(clock, jump)
        wait_for(lambda: Task.objects.ended().count() >= 25)
        set_clock(clock, 0)
        wait_for(all_settled(ids, redis))

        # then both have worked all the time
        assert {steady.horse_pid(), other.horse_pid()} == horses
        assert WorkerLease.objects.count() == 2
    assert violations(ids, redis, marks=tmp_path) == []
    assert ran_again(ids, tmp_path) == []
    assert Attempt.objects.values("worker").distinct().count() == 2
