"""A developer's machine: debug pages, an insecure key, and an open API on loopback."""

from taskqueue_site.settings.base import *  # noqa: F403

DEBUG = True
SECRET_KEY = "development-only-key-that-protects-nothing"  # noqa: S105
JOBS = JOBS | {"ANONYMOUS_ACCESS": True}  # noqa: F405
