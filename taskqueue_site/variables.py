"""The environment variables: what each means, what it may hold, what holds without it.

`make docs` writes `.env.example` and `docs/reference/settings.md` from these lines. Standard
library only: a container's probe reads them every few seconds.
"""

from pathlib import Path
from typing import Any

from taskqueue_site import env
from taskqueue_site.variable_kinds import Variable, flag, integer, number, text, words

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

DATABASE_URL = text(
    "DATABASE_URL",
    "The database.",
    allowed="sqlite:///ABSOLUTE/PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME",
    shown="sqlite:////path/to/tasks.sqlite3",
    without="a SQLite file in DATA_DIR",
)
REDIS_URL = text(
    "REDIS_URL",
    "The Redis that rings for workers.",
    allowed="redis://HOST:PORT/DB, rediss://… or unix:///path/to/socket",
    shown="redis://127.0.0.1:6379/0",
    without="a server of our own, which `make up` starts in DATA_DIR; production must name one",
)
DATA_DIR = Variable(
    name="DATA_DIR",
    meaning="Folder for the database file, Redis' data and collected static files; one running "
    "stack each.",
    allowed="a folder in which this user may write; it is made when it is missing",
    default=Path("var"),
    shown="var",
    reader=lambda default: env.folder("DATA_DIR", default),
)
DJANGO_SETTINGS_MODULE = text(
    "DJANGO_SETTINGS_MODULE",
    "The settings module.",
    allowed="taskqueue_site.settings.development or taskqueue_site.settings.production",
    default="taskqueue_site.settings.development",
)

HOST = text(
    "HOST",
    "The address on which the web server listens.",
    allowed="an address of this machine; `make up` with development settings takes loopback only",
    default="127.0.0.1",
)
PORT = integer(
    "PORT",
    "The TCP port on which the web server listens.",
    default=8000,
    minimum=1,
    maximum=65535,
)
WEB_PROCESSES_IN_PRODUCTION = 2
WEB_PROCESSES = integer(
    "WEB_PROCESSES",
    "Web processes.",
    default=1,
    minimum=1,
    maximum=64,
    without=f"1; production: {WEB_PROCESSES_IN_PRODUCTION}",
)
WEB_THREADS = integer(
    "WEB_THREADS",
    "Threads for requests in each web process.",
    default=4,
    minimum=1,
    maximum=64,
)
LIVE_BEAT_SECONDS = number(
    "LIVE_BEAT_SECONDS",
    "Seconds between two messages of the live sockets when nothing changes.",
    default=2,
    minimum=0.25,
    maximum=60,
)
LIVE_CONNECTIONS = integer(
    "LIVE_CONNECTIONS",
    "Sockets and event streams that one caller may have open at one web process.",
    default=100,
    minimum=1,
    maximum=1_000_000,
)
ALLOWED_HOSTS = words(
    "ALLOWED_HOSTS",
    "Host names this site answers to.",
    allowed="names, comma-separated",
    default=("localhost", "127.0.0.1", "[::1]"),
    without="localhost,127.0.0.1,[::1]; production must name them",
)
CSRF_TRUSTED_ORIGINS = words(
    "CSRF_TRUSTED_ORIGINS",
    "Origins that may post forms from elsewhere.",
    allowed="origins with their scheme, comma-separated",
    without="none",
)
TRUSTED_PROXIES = integer("TRUSTED_PROXIES", "", default=0, minimum=0, maximum=16)
SECRET_KEY = text(
    "SECRET_KEY",
    "Production: the key for signatures, the same for every process. Secret.",
    allowed="at least 32 characters",
    without="what SECRET_KEY_FILE holds; production needs one of them",
)
SECRET_KEY_FILE = text(
    "SECRET_KEY_FILE",
    "Production: a file that holds the key, read when SECRET_KEY is not set.",
    allowed="the path of a file that can be read",
    without="none",
)
STATIC_ROOT = text(
    "STATIC_ROOT",
    "Production: the folder from which static files are served, written by collectstatic.",
    allowed="the path of a folder",
    shown="var/static",
    without="static in DATA_DIR",
)
HTTPS = flag(
    "HTTPS",
    "Production: 1 redirects to HTTPS and marks cookies secure, 0 does neither.",
    default=True,
)

WORKERS_HIGH = integer(
    "WORKERS_HIGH",
    "Worker processes that `make up` starts for queue high.",
    default=4,
    minimum=0,
    maximum=64,
)
WORKERS_DEFAULT = integer(
    "WORKERS_DEFAULT",
    "Worker processes that `make up` starts for queue default.",
    default=2,
    minimum=0,
    maximum=64,
)
WORKERS_LOW = integer(
    "WORKERS_LOW",
    "Worker processes that `make up` starts for queue low.",
    default=2,
    minimum=0,
    maximum=64,
)
LEASE_SECONDS = number("LEASE_SECONDS", default=30, minimum=1, maximum=3600)
DRAIN_SECONDS = number("DRAIN_SECONDS", default=30, minimum=0, maximum=3600)
STOP_GRACE_SECONDS = number("STOP_GRACE_SECONDS", default=1, minimum=0.1, maximum=3600)
RELEASE = text("RELEASE", "", allowed="any text", without="none")
ENVIRONMENT = text(
    "ENVIRONMENT",
    "",
    allowed="any text; production is shown red, staging amber, development grey",
    shown="development",
    without="development or production, as the settings module says",
)

DEMO_SPEED = number("DEMO_SPEED", default=1, minimum=0, maximum=100)
DEMO_FAILURES = number("DEMO_FAILURES", default=1, minimum=0, maximum=10)
LOG_LEVEL = Variable(
    name="LOG_LEVEL",
    meaning="The least severe log lines to show.",
    allowed=", ".join(LOG_LEVELS),
    default="INFO",
    shown="INFO",
    reader=lambda default: env.one_of("LOG_LEVEL", default, LOG_LEVELS),
)
DEBUG = flag(
    "DEBUG",
    "Development: 1 shows tracebacks in the browser and keeps every query in memory; 0 does not.",
    default=False,
)

#: Every variable, in the order in which they are told.
SECTIONS: dict[str, tuple[Variable[Any], ...]] = {
    "Where things are": (DATABASE_URL, REDIS_URL, DATA_DIR, DJANGO_SETTINGS_MODULE),
    "Web server": (
        HOST,
        PORT,
        WEB_PROCESSES,
        WEB_THREADS,
        LIVE_BEAT_SECONDS,
        LIVE_CONNECTIONS,
        ALLOWED_HOSTS,
        CSRF_TRUSTED_ORIGINS,
        TRUSTED_PROXIES,
        SECRET_KEY,
        SECRET_KEY_FILE,
        STATIC_ROOT,
        HTTPS,
    ),
    "Workers": (
        WORKERS_HIGH,
        WORKERS_DEFAULT,
        WORKERS_LOW,
        LEASE_SECONDS,
        DRAIN_SECONDS,
        STOP_GRACE_SECONDS,
        RELEASE,
        ENVIRONMENT,
    ),
    "Demo tasks and diagnosis": (DEMO_SPEED, DEMO_FAILURES, LOG_LEVEL, DEBUG),
}
