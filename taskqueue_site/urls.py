"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from jobs.api.docs import Docs

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("jobs.api.urls")),
    path("docs", Docs.as_view(), name="docs"),
    path("docs/", Docs.as_view()),
]
