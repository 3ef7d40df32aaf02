"""The addresses of the streams: the API's rules decide who is let in, the ASGI handler goes on."""

from pydantic import Field
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from dashboard.doors import doors
from dashboard.event_stream import MEDIA_TYPE, EventStream, Feed, OneTask, Source
from dashboard.visitors import authority_in, credentials_of
from jobs.api.answers.problem import Answer
from jobs.api.permissions import may
from jobs.api.schema import TASK_ID, WITH_ID, call
from jobs.api.tasks import task_of
from jobs.api.urls import Calls, addresses
from jobs.api.views import ApiView
from jobs.api.waiting import turn_of

app_name = "streams"

FIELDS = (
    "Server-sent events. `data` is the message of the socket as JSON, `event` its name, `id` its "
    "`seq`. The present state comes first, also to a client that comes again with `Last-Event-ID`; "
    "a comment comes every 15 seconds."
)


class StreamEvent(Answer):
    """One event of the stream, by its fields; there is one after another."""

    event: str
    data: str = Field(description="A message as JSON.")
    id: str = Field(description="The message's `seq`.")


class NoStreams(APIException):
    """The server can send one whole answer only."""

    status_code = 501
    default_code = "no_streams"
    default_detail = "This server has no streams; `manage.py serve` has."


class TooManyConnections(APIException):
    """This caller has as many sockets and streams open here as one may."""

    status_code = 429
    default_code = "too_many_connections"
    default_detail = "You have too many sockets and streams open: close one first."


class TaskEvents(ApiView):
    """`/tasks/{task_id}/events`."""

    @call(
        "task_events",
        "Follow a task",
        tag="events",
        description=(
            f"{FIELDS} Events: `connected`, `started`, `progress`, `log`, `retry`, and one of "
            "`completed`, `failed`, `revoked`, after which the stream ends. As "
            "`/ws/tasks/{task_id}`."
        ),
        path=TASK_ID,
        answers={200: StreamEvent},
        errors=(*WITH_ID, "no_streams", "too_many_connections"),
        media_type=MEDIA_TYPE,
    )
    def get(self, request: Request, task_id: str) -> EventStream:
        """Until the task has ended."""
        task = task_of(task_id)
        return _stream(request, OneTask(task.pk, payload=may(request, "view_payload")))


class FeedEvents(ApiView):
    """`/events`."""

    @call(
        "events",
        "Follow the queue",
        tag="events",
        description=(
            f"{FIELDS} Events: `connected` with the newest tasks, then `feed`: which tasks "
            "changed, gathered for a quarter of a second or longer. As `/ws/feed`."
        ),
        answers={200: StreamEvent},
        errors=("no_streams", "too_many_connections"),
        media_type=MEDIA_TYPE,
    )
    def get(self, request: Request) -> EventStream:
        """Without an end."""
        return _stream(request, Feed())


def _stream(request: Request, source: Source) -> EventStream:
    if turn_of(request) is None:
        raise NoStreams
    authority = authority_in(request)
    if doors.is_full(authority.caller):
        raise TooManyConnections
    return EventStream(source, credentials=credentials_of(request), authority=authority)


CALLS: Calls = (
    ("tasks/<str:task_id>/events", TaskEvents, "task-events"),
    ("events", FeedEvents, "events"),
)

urlpatterns = [*addresses(CALLS)]
