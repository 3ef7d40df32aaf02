"""The test suite: quick password hashes, demo tasks that neither wait nor fail."""

from taskqueue_site.settings.development import *  # noqa: F403

DEBUG = False
INSTALLED_APPS = [*INSTALLED_APPS, "tests.support"]  # noqa: F405 - its task types
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
JOBS = JOBS | {"DEMO_SPEED": 0, "DEMO_FAILURES": 0}  # noqa: F405

# The tests' database is the one DATABASE_URL names, without a "test_" in front: processes that
# a test starts with the same environment see the same rows.
DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}  # noqa: F405
# Static files from where they are written: no test waits for collectstatic.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
