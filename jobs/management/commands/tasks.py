"""`manage.py tasks`: work with tasks from a shell."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.domain.audit import Door
from jobs.management.task_commands import add_task_commands
from jobs.management.task_doors import actor
from jobs.management.token_commands import add_token_commands
from jobs.services.audit import through


class Command(BaseCommand):
    """Each verb is a command of its own."""

    help = (
        "Submit, list, show, cancel, requeue, rerun, watch and explain tasks, in this project's "
        "database or with --url at another site; create, list and revoke API tokens. Each verb "
        "has flags of its own: manage.py tasks submit --help. Exit status 1 when something is "
        "refused or a watched task did not succeed, 2 when the command is wrong."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Add every verb; each sets `run`, a function of the options and the stream to print on."""
        verbs = parser.add_subparsers(dest="verb", metavar="verb", required=True)
        add_task_commands(verbs)
        add_token_commands(verbs)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says."""
        with through(Door.COMMAND, name=actor()):
            options["run"](options, self.stdout)
