"""What is wrong, and how to mend it."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.selectors.findings import Finding, Level
from jobs.selectors.health import diagnose

SIGNS = {Level.OK: "ok", Level.WARNING: "WARN", Level.ERROR: "FAIL"}


class Command(BaseCommand):
    """Prints every finding; exit status 1 when one of them is an error."""

    help = "Check database, Redis, queues, workers, leader, tickets and task types."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--json`."""
        parser.add_argument(
            "--json", action="store_true", help="print a list of findings for programs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, print, and fail when something is wrong."""
        findings = diagnose().findings
        if options["json"]:
            self.stdout.write(json.dumps([finding.as_dict() for finding in findings], indent=2))
        else:
            self.stdout.write("\n".join(_lines(finding) for finding in findings))
        errors = sum(finding.level is Level.ERROR for finding in findings)
        if errors:
            raise CommandError(f"{errors} thing(s) are wrong.", returncode=1)


def _lines(finding: Finding) -> str:
    line = f"{SIGNS[finding.level]:>4}  {finding.check}: {finding.message}"
    return f"{line}\n      {finding.mend}" if finding.mend else line
