"""Settings of a measurement: as in production, on the measurement's own servers."""

from taskqueue_site.settings.base import *  # noqa: F403

SECRET_KEY = "measured-on-loopback-only-and-thrown-away"
INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks"]  # noqa: F405
JOBS = JOBS | {  # noqa: F405
    "DEMO_SPEED": 0,
    "DEMO_FAILURES": 0,
    "THROTTLE_SUBMIT": "1000000/second",
    "THROTTLE_READ": "1000000/second",
}
LOGGING = LOGGING | {"root": {"handlers": ["console"], "level": "WARNING"}}  # noqa: F405
