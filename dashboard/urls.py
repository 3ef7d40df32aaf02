"""The addresses of the pages."""

from django.urls import path

from dashboard import queue_views, submit_views, task_views, type_views, views, worker_views

app_name = "dashboard"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("rows/", views.rows, name="rows"),
    path("live.json", views.live, name="live"),
    path("queues/", queue_views.queues, name="queues"),
    path("queues/<str:name>/", queue_views.queue, name="queue"),
    path("types/", type_views.types, name="types"),
    path("types/<path:name>/", type_views.task_type, name="type"),
    path("workers/", worker_views.workers, name="workers"),
    path("submit/", submit_views.submission, name="submit"),
    path("tasks/<uuid:task_id>/", task_views.task, name="task"),
    path("tasks/<uuid:task_id>/cancel/", task_views.cancel_task, name="cancel"),
    path("tasks/<uuid:task_id>/requeue/", task_views.requeue_task, name="requeue"),
]
