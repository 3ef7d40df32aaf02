#!/usr/bin/env python
"""Django's command line for this project; `python manage.py help` lists the commands."""

import os
import sys
from pathlib import Path

from taskqueue_site import env


def main() -> None:
    """Run a management command, with development settings unless the environment names others."""
    from django.core.management import execute_from_command_line

    try:
        env.read_file(Path(__file__).parent)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskqueue_site.settings.development")
        execute_from_command_line(sys.argv)
    except env.BadVariable as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
