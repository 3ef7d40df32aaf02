"""The Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """Finds every app's `tasks` module once all models are loaded."""

    name = "jobs"
    verbose_name = "Task queue"

    def ready(self) -> None:
        """Import each installed app's `tasks`, which registers its task types."""
        autodiscover_modules("tasks")
