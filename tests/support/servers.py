"""The servers of a test run: private ones, unless the environment names some meant for tests."""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from taskqueue_site.up.ports import free_port
from taskqueue_site.up.redis_server import RedisServer
from tests.support.postgresql import PostgresServer, why_not


class CannotRun(Exception):
    """The servers that were asked for cannot be had here; the message says why."""


class Servers:
    """Redis and one database, told to Django through the environment it reads."""

    def __init__(self, database: str, *, as_in_production: bool = False) -> None:
        self.database = database
        self._as_in_production = as_in_production
        self.folder = Path(tempfile.mkdtemp(prefix="taskqueue-tests-"))
        self.redis: RedisServer | None = None
        self.postgres: PostgresServer | None = None

    def start(self) -> None:
        """Start what is needed and set DATA_DIR, REDIS_URL and DATABASE_URL; no `.env` is read.

        Raises:
            CannotRun: this machine lacks the database, or the one named is not meant for tests.
        """
        os.environ["ENV_FILE"] = os.devnull
        os.environ["DATA_DIR"] = str(self.folder)
        os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or self._own_redis()
        os.environ["DATABASE_URL"] = self._database_url()

    def stop(self) -> None:
        """Stop what was started and remove its data."""
        if self.postgres is not None:
            self.postgres.stop()
        if self.redis is not None:
            self.redis.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _own_redis(self) -> str:
        self.redis = RedisServer(self.folder / "redis", port=free_port(), persistent=False)
        self.redis.start()
        return self.redis.url

    def _database_url(self) -> str:
        if self.database == "sqlite":
            return f"sqlite:///{self.folder}/test.sqlite3"
        given = os.environ.get("TEST_DATABASE_URL")
        if given:
            name = urlsplit(given).path.strip("/")
            if "test" not in name:
                raise CannotRun(
                    "TEST_DATABASE_URL names a database that the tests create and drop: "
                    f"its name must contain 'test', not be {name!r}"
                )
            return given
        reason = why_not()
        if reason:
            raise CannotRun(reason)
        self.postgres = PostgresServer(as_in_production=self._as_in_production)
        self.postgres.start()
        return self.postgres.url
