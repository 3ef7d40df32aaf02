"""For tests that want a worker to hold many tasks unstarted."""

from taskqueue_site.settings.test import *  # noqa: F403

JOBS = JOBS | {"WINDOW_SECONDS": 30}  # noqa: F405
