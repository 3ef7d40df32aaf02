"""`python -m taskqueue_site.up.prepare`: database, static files and a first superuser.

One process does all three, because starting Django costs more than most of the work.
"""

import hashlib
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection
from redis import Redis
from redis.exceptions import RedisError

USERNAME = "admin"
PASSWORD_BYTES = 12


class NotReady(Exception):
    """Something the stack needs does not answer; the message is one line."""


def check_redis() -> None:
    """See that Redis answers."""
    try:
        with Redis.from_url(settings.REDIS_URL, retry=None) as client:
            client.ping()
    except RedisError as error:
        place = urlsplit(settings.REDIS_URL)
        address = place.netloc.rpartition("@")[2] or place.path
        raise NotReady(f"REDIS_URL: no Redis answers at {address}: {error}") from None


def migrate() -> None:
    """Bring the database up to date."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise NotReady(f"DATABASE_URL: the {connection.vendor} database: {reason}") from None


def collect_static() -> None:
    """Copy the static files to STATIC_ROOT, where there is one, if they changed since last time."""
    if settings.STATIC_ROOT is None:
        return
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest.hexdigest())
    say("static files collected")


def make_superuser() -> None:
    """Make the first superuser, and show its password this once."""
    from django.contrib.auth.models import User

    names = User.objects.filter(is_superuser=True, is_active=True).values_list(
        "username", flat=True
    )
    existing = names.order_by("pk").first()
    if existing is None:
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        User.objects.create_superuser(USERNAME, password=password)
        say(f"superuser {USERNAME} made, password {password} (shown only now)")
    else:
        command = f"{sys.executable} manage.py changepassword {existing}"
        say(f"superuser {existing} exists; for a new password: {command}")


def say(line: str) -> None:
    """One line for the stream."""
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Do it all; 2 with one line when something does not answer."""
    django.setup()
    try:
        check_redis()
        migrate()
    except NotReady as problem:
        say(str(problem))
        return 2
    collect_static()
    make_superuser()
    return 0


if __name__ == "__main__":
    sys.exit(main())
