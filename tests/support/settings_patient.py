"""For tests that kill many workers: no task is given up because its workers died."""

from taskqueue_site.settings.test import *  # noqa: F403

JOBS = JOBS | {"POISON_LIMIT": 100}  # noqa: F405
