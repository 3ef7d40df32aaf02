"""Production: everything secret comes from the environment, nothing is open."""

from taskqueue_site import env, variables
from taskqueue_site.settings.base import *  # noqa: F403

SECRET_KEY = env.secret(
    variables.SECRET_KEY.name, "a long random text; every process needs the same"
)
if len(SECRET_KEY) < 32:
    raise env.BadVariable(variables.SECRET_KEY.name, "…", variables.SECRET_KEY.allowed)
env.required(variables.REDIS_URL.name, variables.REDIS_URL.allowed)
ALLOWED_HOSTS = variables.ALLOWED_HOSTS.read([])
if not ALLOWED_HOSTS:
    raise env.BadVariable("ALLOWED_HOSTS", "", "the host names of this site, comma-separated")

WEB_PROCESSES = variables.WEB_PROCESSES.read(variables.WEB_PROCESSES_IN_PRODUCTION)

JOBS = JOBS | {  # noqa: F405
    "ANONYMOUS_ACCESS": False,
    "ENVIRONMENT": variables.ENVIRONMENT.read("production"),
}

HTTPS = variables.HTTPS.read()
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
