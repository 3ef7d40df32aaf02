"""Calls about task types."""

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.cluster import TaskTypes
from jobs.api.schema import call
from jobs.api.views import ApiView
from jobs.domain.registry import registry


class TaskTypeList(ApiView):
    """`/task-types`."""

    @call("list_task_types", "What can be run", tag="task types", answers={200: TaskTypes})
    def get(self, request: Request) -> Response:
        """Each with the JSON Schema of its payload."""
        found = [
            {
                "name": task_type.name,
                "description": task_type.description,
                "queue": task_type.queue,
                "max_retries": task_type.max_retries,
                "timeout_seconds": task_type.timeout_seconds,
                "arguments": task_type.arguments.json_schema(),
            }
            for task_type in registry.offered()
        ]
        return Response({"count": len(found), "task_types": found})
