"""Settings for django-celery-results: nothing else is installed."""

import os
from urllib.parse import urlsplit

_URL = urlsplit(os.environ["DATABASE_URL"])

SECRET_KEY = "measured-on-loopback-only-and-thrown-away"
INSTALLED_APPS = ["django_celery_results"]
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _URL.hostname,
        "PORT": _URL.port,
        "USER": _URL.username,
        "NAME": _URL.path.strip("/"),
        "CONN_MAX_AGE": 600,
    }
}
