"""Maintenance alone, where operators want it apart from the workers."""

from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand

from jobs.checks import TAG
from jobs.maintenance.process import run_until_told


class Command(BaseCommand):
    """Does each second what the workers' supervisors otherwise do."""

    help = "Promote due tasks, ring for lost ones and rescue dead workers' tasks, until SIGTERM."
    requires_system_checks = (TAG, Tags.models)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        run_until_told()
