"""`manage.py serve`: the web process."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from taskqueue_site import variables
from taskqueue_site.server import Address, AddressInUse, serve


class Command(BaseCommand):
    """Starts the web server."""

    help = (
        "Serve pages, API and sockets on HOST:PORT with WEB_PROCESSES processes of WEB_THREADS "
        "threads. SIGTERM answers what is in flight, closes the sockets and exits 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what may differ from the environment."""
        parser.add_argument("--host", help="address to listen on (default: HOST or 127.0.0.1)")
        parser.add_argument("--port", type=_port, help="port (default: PORT or 8000)")
        parser.add_argument(
            "--reload", action="store_true", help="start anew when a source file changes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped; an address that cannot be had ends with status 2."""
        address = Address(
            host=options["host"] or variables.HOST.read(),
            port=options["port"] or variables.PORT.read(),
        )
        try:
            serve(address, reload=options["reload"])
        except AddressInUse as error:
            raise CommandError(str(error), returncode=2) from error


def _port(given: str) -> int:
    if given.isdigit() and 1 <= int(given) <= 65535:
        return int(given)
    raise argparse.ArgumentTypeError(f"{given!r} must be a whole number from 1 to 65535")
