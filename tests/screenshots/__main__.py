"""`python -m tests.screenshots`: the pictures in docs/screenshots, taken of a real site anew.

Exit status 2 and one line when something it needs is missing.
"""

import os
import sys
from pathlib import Path

import django

from tests.support import chromium
from tests.support.servers import Servers

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "screenshots"


def main() -> int:
    """Start everything, take every picture, stop everything."""
    reason = chromium.why_not()
    if reason:
        sys.stderr.write(f"make screenshots: {reason}\n")
        return 2
    servers = Servers("sqlite")
    try:
        servers.start()
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.screenshots.settings"
        django.setup()
        from tests.screenshots.pictures import take_all

        for picture in take_all(FOLDER):
            sys.stdout.write(f"{picture.relative_to(FOLDER.parent.parent)}\n")
    except KeyboardInterrupt:
        return 130
    finally:
        servers.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
