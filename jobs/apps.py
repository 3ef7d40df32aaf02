"""The Django app."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """Finds every app's `tasks` module once all models are loaded."""

    name = "jobs"
    verbose_name = "Task queue"

    def ready(self) -> None:
        """Import each installed app's `tasks`, which registers its task types, and what listens."""
        autodiscover_modules("tasks")
        import_module("jobs.checks")  # reaches the models, which were not loaded before now
        import_module("jobs.telemetry.logs")
        import_module("jobs.announcements")
