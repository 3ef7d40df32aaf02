"""Work with tasks from a shell."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.management.token_commands import add_token_commands


class Command(BaseCommand):
    """Each verb is a command of its own; see `manage.py tasks VERB --help`."""

    help = "API tokens from a shell."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add every verb."""
        verbs = parser.add_subparsers(dest="verb", metavar="verb", required=True)
        add_token_commands(verbs)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says."""
        options["run"](options, self.stdout)
