"""The WSGI application, for `manage.py runserver` and HTTP-only servers: pages without sockets."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskqueue_site.settings.development")

application = get_wsgi_application()
