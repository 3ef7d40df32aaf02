"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from jobs.api.docs import Docs
from jobs.api.metrics import Metrics
from taskqueue_site.health import health, healthz, readyz

handler400 = "taskqueue_site.errors.bad_request"
handler500 = "taskqueue_site.errors.server_error"

admin.autodiscover()
admin.site.site_header = "Task queue administration"
admin.site.site_title = "Task queue"

urlpatterns = [
    re_path(r"^health/?$", health, name="health"),
    re_path(r"^healthz/?$", healthz, name="healthz"),
    re_path(r"^readyz/?$", readyz, name="readyz"),
    re_path(r"^metrics/?$", Metrics.as_view(), name="metrics"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}dashboard/icon.svg")),
    path("admin/", admin.site.urls),
    path("api/", include("dashboard.streams")),
    path("api/", include("jobs.api.urls")),
    path("docs", Docs.as_view(), name="docs"),
    path("docs/", Docs.as_view()),
    path("", include("dashboard.urls")),
]
