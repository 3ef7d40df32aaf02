"""Every page of the dashboard, found by its own addresses."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from dashboard.urls import urlpatterns

_PARAMETER = re.compile(r"<\w+:(\w+)>")
#: What is asked for by scripts, or by forms alone.
NO_PAGES = frozenset({"live", "rows", "cancel", "requeue"})


def address(name: str, **given: object) -> str:
    """Where a page is; a parameter that is not given is that of a row which always exists."""
    path = next(str(pattern.pattern) for pattern in urlpatterns if pattern.name == name)
    values = {"name": "high" if name == "queue" else "add"} | given
    return "/" + _PARAMETER.sub(lambda found: quote(str(values[found[1]])), path)


def pages(**given: object) -> Mapping[str, str]:
    """Name -> address of each page; `task_id` must be given."""
    names = [str(pattern.name) for pattern in urlpatterns]
    return {name: address(name, **given) for name in names if name not in NO_PAGES}
