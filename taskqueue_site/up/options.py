"""What the environment says about the stack, all of it checked before anything starts."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taskqueue_site import env
from taskqueue_site.up.ports import is_free

MOST_WORKERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run the stack."""

    host: str
    port: int
    data_folder: Path
    drain_seconds: float
    workers: dict[str, int]
    """Worker processes by queue."""
    own_redis: bool
    """Start a Redis, because none was named."""

    @property
    def near_host(self) -> str:
        """The address at which this machine itself finds the site."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def url(self) -> str:
        """What to open in a browser on this machine."""
        host = f"[{self.near_host}]" if ":" in self.near_host else self.near_host
        return f"http://{host}:{self.port}/"


def read_options() -> Options:
    """The options, from the environment and from the settings module it names.

    Raises:
        BadVariable: a variable of the stack or of the settings holds something not allowed, or
            the address to listen on is taken.
    """
    data_folder, drain_seconds = _from_settings()
    options = Options(
        host=env.text("HOST", "127.0.0.1"),
        port=env.integer("PORT", 8000, minimum=1, maximum=65535),
        data_folder=data_folder,
        drain_seconds=drain_seconds,
        workers={
            queue: env.integer(variable, count, minimum=0, maximum=MOST_WORKERS)
            for queue, variable, count in (
                ("high", "WORKERS_HIGH", 4),
                ("default", "WORKERS_DEFAULT", 2),
                ("low", "WORKERS_LOW", 2),
            )
        },
        own_redis=not env.text("REDIS_URL"),
    )
    if not is_free(options.host, options.port):
        raise env.BadVariable(
            "PORT", str(options.port), f"a port that is free on {options.host}; this one is in use"
        )
    return options


def _from_settings() -> tuple[Path, float]:
    """DATA_DIR and DRAIN_SECONDS; reading any setting makes the settings check all theirs."""
    module = os.environ["DJANGO_SETTINGS_MODULE"]
    try:
        return settings.DATA_DIR, float(str(settings.JOBS["DRAIN_SECONDS"]))
    except (ImportError, ImproperlyConfigured) as error:
        allowed = f"the name of a settings module ({error})"
        raise env.BadVariable("DJANGO_SETTINGS_MODULE", module, allowed) from None
