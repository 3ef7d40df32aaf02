#!/usr/bin/env python
"""Django's command line for this project; `python manage.py help` lists the commands."""

import os
import sys

from taskqueue_site.env import BadVariable


def main() -> None:
    """Run a management command, with development settings unless the environment names others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskqueue_site.settings.development")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except BadVariable as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
