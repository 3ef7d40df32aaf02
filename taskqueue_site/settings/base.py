"""What every environment shares. `taskqueue_site.variables` describes each environment variable."""

from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import django

from taskqueue_site import env, variables
from taskqueue_site.up.redis_server import RedisServer

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = variables.DATA_DIR.read(BASE_DIR / variables.DATA_DIR.default)

DEBUG = False
ALLOWED_HOSTS = variables.ALLOWED_HOSTS.read()
CSRF_TRUSTED_ORIGINS = variables.CSRF_TRUSTED_ORIGINS.read()

INSTALLED_APPS = [
    "taskqueue_site",  # for its `serve` command
    "dashboard",
    "jobs",  # before django_rq: the first app that has an `rqworker` command wins
    "django.contrib.admin.apps.SimpleAdminConfig",  # `urls` finds the admin: workers need none
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "django_rq",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    *([] if django.VERSION >= (6, 0) else ["django_tasks"]),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "taskqueue_site.urls"
WEB_PROCESSES = variables.WEB_PROCESSES.read()
WEB_THREADS = variables.WEB_THREADS.read()
#: The longest body of any request, in bytes: ten thousand tasks of 1.6 kB each.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

ASGI_APPLICATION = "taskqueue_site.asgi.application"
WSGI_APPLICATION = "taskqueue_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def database(url: str) -> dict[str, object]:
    """Django's DATABASES entry for a URL: `sqlite:///path` or `postgresql://user:pw@host/name`."""
    name, allowed = variables.DATABASE_URL.name, variables.DATABASE_URL.allowed
    scheme = urlsplit(url).scheme
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise env.BadVariable(name, f"{scheme}://…", allowed)
    try:
        parsed: dict[str, object] = dict(dj_database_url.parse(url))
    except ValueError:
        raise env.BadVariable(name, f"{scheme}://…", allowed) from None
    if scheme == "sqlite":
        # Closing the last connection to a WAL database writes the whole log back: milliseconds.
        parsed["CONN_MAX_AGE"] = None
        # IMMEDIATE: a transaction that reads and then writes must not lose its snapshot to another
        # writer ("database is locked" at once, whatever the timeout).
        parsed["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
                "PRAGMA cache_size=-16000;PRAGMA temp_store=MEMORY"
            ),
        }
    else:
        parsed["CONN_MAX_AGE"] = 60
        parsed["CONN_HEALTH_CHECKS"] = True
        parsed["OPTIONS"] = {"connect_timeout": 5, "tcp_user_timeout": 10_000} | dict(
            parsed.get("OPTIONS") or {}  # type: ignore[call-overload]
        )
    return parsed


DATABASES = {
    "default": database(variables.DATABASE_URL.read(f"sqlite:///{DATA_DIR}/tasks.sqlite3"))
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Without a name it is the server that `make up` starts, never one that happens to listen on 6379.
REDIS_URL = variables.REDIS_URL.read(RedisServer(DATA_DIR / "redis").url)
if urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    given = f"{urlsplit(REDIS_URL).scheme}://…"
    raise env.BadVariable(variables.REDIS_URL.name, given, variables.REDIS_URL.allowed)

QUEUE_NAMES = ("high", "default", "low")
RQ_QUEUES = {
    name: {"URL": REDIS_URL, "SERIALIZER": "json", "DEFAULT_TIMEOUT": 300} for name in QUEUE_NAMES
}
RQ = {"WORKER_CLASS": "jobs.worker.TaskWorker"}

TASKS = {
    "default": {
        "BACKEND": "jobs.backend.TaskBackend",
        "QUEUES": list(QUEUE_NAMES),
        "OPTIONS": {},
    }
}

JOBS = {
    "LEASE_SECONDS": variables.LEASE_SECONDS.read(),
    "DRAIN_SECONDS": variables.DRAIN_SECONDS.read(),
    "STOP_GRACE_SECONDS": variables.STOP_GRACE_SECONDS.read(),
    "DEMO_SPEED": variables.DEMO_SPEED.read(),
    "DEMO_FAILURES": variables.DEMO_FAILURES.read(),
    "RELEASE": variables.RELEASE.read(),
    "TRUSTED_PROXIES": variables.TRUSTED_PROXIES.read(),
    "ENVIRONMENT": variables.ENVIRONMENT.read(),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "jobs.api.authentication.CachedToken",
        "jobs.api.authentication.CachedSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["jobs.api.permissions.HasVerb"],
    "DEFAULT_THROTTLE_CLASSES": ["jobs.api.throttles.FixedWindow"],
    "DEFAULT_PARSER_CLASSES": ["jobs.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["jobs.api.renderers.OrjsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "jobs.api.negotiation.OnlyJSON",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "jobs.api.problems.on_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Django Task Queue",
    "DESCRIPTION": "Submit tasks, follow them, and operate the queue.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # A page of sixty calls opened out takes a browser seconds; a reader looks for one.
    "SWAGGER_UI_SETTINGS": {
        "docExpansion": "none",
        "deepLinking": True,
        "filter": True,
        "defaultModelsExpandDepth": 0,
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": ["jobs.api.schema.with_problem"],
}

# The pub/sub layer: the core layer's blocking read meets redis-py 8's default time-out of 5 s and
# kills idle consumers.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "taskqueue"},
    }
}

DASHBOARD = {
    # The sockets tell the numbers this often when nothing changes.
    "BEAT_SECONDS": variables.LIVE_BEAT_SECONDS.read(),
    # One caller may have so many sockets and streams open at one web process.
    "MOST_CONNECTIONS": variables.LIVE_CONNECTIONS.read(),
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = Path(variables.STATIC_ROOT.read(str(DATA_DIR / "static")))

LOG_LEVEL = variables.LOG_LEVEL.read()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    # Handlers stand on the root only: rq adds its own where it finds none above it.
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # The pages say that Redis is away; the layer would say it each second, at length.
        "channels_redis.pubsub": {"level": "CRITICAL"},
        # A line for each call of the client.
        "httpx": {"level": "WARNING"},
    },
}
