"""What each field of the search finds, in words."""

from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

HELP = MappingProxyType(
    {
        "id": _("a task id, or its first 8 characters and more"),
        "state": _("one state or several: state:failed,revoked"),
        "queue": _("a queue"),
        "task": _("part of the name of a task type"),
        "worker": _("the worker that holds it or held it last"),
        "tag": _("a tag"),
        "failure": _("failures with one cause, as the page of failures names them"),
        "arg.": _("the value of an argument, for those who may see payloads"),
        "error": _("part of the last error, for those who may see payloads"),
        "age": _("created longer ago than that"),
        "wait": _("waited longer than that for a worker"),
        "run": _("ran longer than that"),
        "created": _("created after that date or time"),
    }
)
