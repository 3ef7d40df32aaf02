"""Settings of the pictures' site: a developer's, with a shop's task types and quick demo tasks."""

from taskqueue_site.settings.development import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.screenshots"]  # noqa: F405 - its task types
JOBS = JOBS | {"DEMO_SPEED": 0.1, "DEMO_FAILURES": 0}  # noqa: F405
# Tasks log, and the terminal is left to the list of pictures.
LOGGING["handlers"]["console"]["level"] = "CRITICAL"  # noqa: F405
