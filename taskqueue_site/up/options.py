"""What the environment says about the stack, all of it checked before anything starts."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taskqueue_site import env, variables
from taskqueue_site.up.ports import is_free, is_loopback


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
        BadVariable: a variable of the stack or of the settings holds something not allowed.
    """
    data_folder, drain_seconds = _from_settings()
    return Options(
        host=variables.HOST.read(),
        port=variables.PORT.read(),
        data_folder=data_folder,
        drain_seconds=drain_seconds,
        workers={
            "high": variables.WORKERS_HIGH.read(),
            "default": variables.WORKERS_DEFAULT.read(),
            "low": variables.WORKERS_LOW.read(),
        },
        own_redis=not variables.REDIS_URL.read(),
    )


def check_address(options: Options) -> None:
    """See that the web server may listen where it is told to, and can.

    Raises:
        BadVariable: the port is taken, or others than this machine would get in unasked.
    """
    if settings.JOBS["ANONYMOUS_ACCESS"] and not is_loopback(options.host):
        allowed = "a loopback address: these settings let anybody in; use the production settings"
        raise env.BadVariable("HOST", options.host, allowed)
    if not is_free(options.host, options.port):
        allowed = f"a port that is free on {options.host}; this one is in use"
        raise env.BadVariable("PORT", str(options.port), allowed)


def _from_settings() -> tuple[Path, float]:
    """DATA_DIR and DRAIN_SECONDS; reading any setting makes the settings check all theirs."""
    module = os.environ["DJANGO_SETTINGS_MODULE"]
    try:
        return settings.DATA_DIR, float(str(settings.JOBS["DRAIN_SECONDS"]))
    except (ImportError, ImproperlyConfigured) as error:
        allowed = f"the name of a settings module ({error})"
        raise env.BadVariable("DJANGO_SETTINGS_MODULE", module, allowed) from None
