"""`python -m docs.generator`: write every generated file anew, and name those that changed."""

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    """Write what differs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskqueue_site.settings.development")
    django.setup()
    from docs.generator.files import FILES

    for name, content in FILES.items():
        path, text = ROOT / name, content()
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"{name} written\n")


if __name__ == "__main__":
    main()
