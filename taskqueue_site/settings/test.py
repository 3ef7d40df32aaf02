"""The test suite: quick password hashes, demo tasks that neither wait nor fail."""

from taskqueue_site.settings.development import *  # noqa: F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
JOBS = JOBS | {"DEMO_SPEED": 0, "DEMO_FAILURES": 0}  # noqa: F405
