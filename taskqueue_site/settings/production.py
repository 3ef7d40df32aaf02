"""Production: everything secret comes from the environment, nothing is open."""

from taskqueue_site import env
from taskqueue_site.settings.base import *  # noqa: F403

SECRET_KEY = env.secret("SECRET_KEY", "a long random text; every process needs the same")
if len(SECRET_KEY) < 32:
    raise env.BadVariable("SECRET_KEY", "…", "at least 32 characters")
env.required("REDIS_URL", "redis://HOST:PORT/DB, rediss:// or unix://")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
if not ALLOWED_HOSTS:
    raise env.BadVariable("ALLOWED_HOSTS", "", "the host names of this site, comma-separated")

WEB_PROCESSES = env.integer("WEB_PROCESSES", 2, minimum=1, maximum=64)

JOBS = JOBS | {"ANONYMOUS_ACCESS": False}  # noqa: F405

HTTPS = env.flag("HTTPS", default=True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|health)/?$"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
