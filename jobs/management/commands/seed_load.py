"""`manage.py seed_load`: as many tasks as a large site has, to look at the pages with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.management import seed
from jobs.models import Task


class Command(BaseCommand):
    """Writes rows that no worker ran; nothing is pushed, and nothing of them is sent to anybody."""

    help = (
        "Fill this project's database with a week of ended tasks, their attempts, the counts of "
        "thirteen weeks, and open tasks, as a large site would have them: to see how the pages are "
        "with it. For a database that you throw away: a worker that runs meanwhile takes the "
        "waiting ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add how many of each."""
        parser.add_argument("--tasks", type=int, default=1_000_000, help="ended ones (1000000)")
        parser.add_argument(
            "--failures", type=int, default=200_000, help="of these failed, about (200000)"
        )
        parser.add_argument("--open", type=int, default=5_000, help="that wait (5000)")
        parser.add_argument("--yes", action="store_true", help="also where there are tasks already")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill an empty database, or any with --yes; once."""
        tasks, failures = options["tasks"], options["failures"]
        for name, least in (("tasks", 1000), ("failures", 0), ("open", 0)):
            if options[name] < least:
                raise CommandError(f"--{name} is {options[name]}: it must be {least} or more")
        most = tasks * (1000 - seed.REVOKED_PERMILLE) // 1000
        if failures > most:
            raise CommandError(
                f"--failures is {failures}: of {tasks} tasks at most {most} can fail"
            )
        if seed.is_seeded():
            raise CommandError("This database is seeded already.")
        if not options["yes"] and Task.objects.exists():
            raise CommandError("This database has tasks. Give --yes to add others to them.")
        seed.fill(tasks, failed_permille=round(1000 * failures / tasks))
        seed.fill_tags()
        if options["open"]:
            seed.fill_open(options["open"])
        self.stdout.write(f"Seeded {tasks:,} ended and {options['open']:,} open tasks.")
