"""A developer's machine: an insecure key, an open API on loopback, debug pages on request."""

from taskqueue_site import variables
from taskqueue_site.settings.base import *  # noqa: F403

# Off unless asked for: it keeps each query's text in memory, which a queue under load fills.
DEBUG = variables.DEBUG.read()
# Static files are served from the apps' own folders: nothing to collect.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
SECRET_KEY = "development-only-key-that-protects-nothing"  # noqa: S105
JOBS = JOBS | {  # noqa: F405
    "ANONYMOUS_ACCESS": True,
    "ENVIRONMENT": variables.ENVIRONMENT.read("development"),
}
