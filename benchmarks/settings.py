"""Settings of a measurement: as in production, on the measurement's own servers."""

from taskqueue_site.settings.base import *  # noqa: F403

SECRET_KEY = "measured-on-loopback-only-and-thrown-away"
INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks"]  # noqa: F405
JOBS = JOBS | {"DEMO_SPEED": 0, "DEMO_FAILURES": 0}  # noqa: F405
LOGGING = LOGGING | {"root": {"handlers": ["console"], "level": "WARNING"}}  # noqa: F405
