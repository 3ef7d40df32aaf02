"""The ASGI application: HTTP and sockets of one web process."""

import os

import django
from channels.routing import ProtocolTypeRouter
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskqueue_site.settings.development")
django.setup()

# These load models, so the apps must stand.
from dashboard.routing import websocket  # noqa: E402
from taskqueue_site.handler import PooledHandler  # noqa: E402
from taskqueue_site.lifespan import Lifespan  # noqa: E402

http = PooledHandler(threads=settings.WEB_THREADS)

application = ProtocolTypeRouter({"http": http, "websocket": websocket, "lifespan": Lifespan(http)})
