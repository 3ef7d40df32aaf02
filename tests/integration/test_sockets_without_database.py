"""What the live pages are told while the database is away: the last numbers, said to be old."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection

from tests.support.outages import unanswered, unreadable
from tests.support.rows import make_task
from tests.support.waiting import wait_for
from tests.support.web import read, running_web

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

#: How a database goes away, as far as its kind can.
WAYS = [unreadable, unanswered] if connection.vendor == "postgresql" else [unreadable]


@pytest.mark.parametrize("away", WAYS)
def test_old_numbers_are_said_to_be_old_until_new_ones_can_be_read(
    away: Callable[[], AbstractContextManager[None]],
) -> None:
    # given a page that is live
    make_task(queue="low")
    with running_web(LIVE_BEAT_SECONDS="0.5") as web, web.socket("/ws/stats") as page:
        assert read(page)["fault"] == ""

        # when the database can be read no more, then the page is told so, again and again, with the
        # last numbers and of when they are
        with away():
            first = wait_for(
                lambda: (stats := read(page))["fault"] == "database" and stats, what="the fault"
            )
            again = read(page)
            assert (again["fault"], again["at"], again["queued_low"]) == (
                "database",
                first["at"],
                1,
            )
            assert again["seq"] == first["seq"] + 1

        # when it is back, then the numbers are new
        make_task(queue="low")
        told = wait_for(
            lambda: (stats := read(page))["fault"] == "" and stats["queued_low"] == 2 and stats,
            what="new numbers",
        )
        assert told["at"] > first["at"]
