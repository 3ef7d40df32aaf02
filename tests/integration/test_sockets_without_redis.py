"""The live pages depend on the database alone: Redis only makes them quicker."""

from pathlib import Path

import pytest

from taskqueue_site.up.ports import free_port
from taskqueue_site.up.redis_server import RedisServer
from tests.support.rows import make_task
from tests.support.waiting import wait_for
from tests.support.web import read, running_web

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


def test_pages_stay_live_while_redis_is_away_and_after(tmp_path: Path) -> None:
    # given a page that is live
    redis = RedisServer(tmp_path / "redis", port=free_port(), persistent=False)
    redis.start()
    try:
        with (
            running_web(REDIS_URL=redis.url, LIVE_BEAT_SECONDS="0.5") as web,
            web.socket("/ws/stats") as page,
        ):
            read(page)

            # when Redis goes away, and a task comes
            redis.stop()
            make_task(queue="low")

            # then the page is told both
            told = wait_for(
                lambda: (stats := read(page))["queued_low"] == 1 and stats, what="the new number"
            )
            assert any("Redis does not answer" in why for why in told["condition"]["reasons"])

            # when Redis is back, then the page says so
            redis.start()
            make_task(queue="low")
            wait_for(
                lambda: (
                    (stats := read(page))["queued_low"] == 2
                    and "Redis" not in str(stats["condition"])
                ),
                what="the new number, and no more complaint",
            )
    finally:
        redis.stop()
