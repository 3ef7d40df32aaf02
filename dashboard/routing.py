"""The addresses of the sockets, with or without a trailing slash."""

from channels.routing import URLRouter
from django.urls import re_path

from dashboard.consumers import FeedConsumer, Refusal, StatsConsumer, TaskConsumer
from dashboard.hub import NOT_FOUND
from dashboard.origins import SameSite

routes = [
    re_path(r"^ws/stats/?$", StatsConsumer.as_asgi()),
    re_path(r"^ws/feed/?$", FeedConsumer.as_asgi()),
    re_path(r"^ws/tasks/(?P<task_id>[^/]+)/?$", TaskConsumer.as_asgi()),
    re_path(r"", Refusal.as_asgi(code=NOT_FOUND)),
]

websocket = SameSite(URLRouter(routes))
