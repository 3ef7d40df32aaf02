"""For a site that is fuzzed: nobody is let in without a token, and the demo tasks take no time."""

from taskqueue_site.settings.development import *  # noqa: F403

JOBS = JOBS | {"ANONYMOUS_ACCESS": False, "DEMO_SPEED": 0}  # noqa: F405
