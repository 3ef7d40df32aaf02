"""The addresses of the pages."""

from django.urls import path

from dashboard import task_views, views

app_name = "dashboard"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("rows/", views.rows, name="rows"),
    path("live.json", views.live, name="live"),
    path("submit/", views.submission, name="submit"),
    path("tasks/<uuid:task_id>/", task_views.task, name="task"),
    path("tasks/<uuid:task_id>/cancel/", task_views.cancel_task, name="cancel"),
    path("tasks/<uuid:task_id>/requeue/", task_views.requeue_task, name="requeue"),
]
