"""The Django app of the live pages."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Pages and sockets over the task queue."""

    name = "dashboard"
    verbose_name = "Dashboard"
