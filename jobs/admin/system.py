"""The system: what the doctor finds, and how Redis, database, leader and releases stand."""

import os
import socket
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.admin.page_admin import PageAdmin
from jobs.conf import get_conf
from jobs.models import System
from jobs.selectors.findings import Level
from jobs.selectors.system import SystemFacts, system_facts
from jobs.services.losses import MOST_LOSSES

#: The badge and the word of each level.
LEVELS = {
    Level.OK: ("success", gettext_lazy("OK")),
    Level.WARNING: ("retry", gettext_lazy("Warning")),
    Level.ERROR: ("failure", gettext_lazy("Error")),
}
#: What the maintenance counts, in words.
COUNTED = {
    "promoted": gettext_lazy("Scheduled tasks and retries that fell due"),
    "unblocked": gettext_lazy("Ends that others waited for"),
    "rung_again": gettext_lazy("Lost tickets rung again"),
    "workers_lost": gettext_lazy("Workers found dead, their tasks rescued"),
    "keys_forgotten": gettext_lazy("Old idempotency keys deleted"),
}


@admin.register(System)
class SystemAdmin(PageAdmin):
    """One page."""

    page_template = "admin/jobs/system/page.html"

    def page_context(self, request: HttpRequest) -> dict[str, Any]:
        """All of it."""
        facts = system_facts()
        conf = get_conf()
        return {
            "title": _("System"),
            "system": facts,
            "findings": [
                (*LEVELS[finding.level], finding)
                for finding in sorted(facts.diagnosis.findings, key=lambda each: _RANK[each.level])
            ],
            "counters": _counters(facts),
            "web": {
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "release": conf.release or _("not named"),
            },
            "releases": [(name or _("not named"), count) for name, count in facts.releases],
            "idempotency_seconds": conf.idempotency_seconds,
            "most_losses": MOST_LOSSES,
        }


#: The worst first.
_RANK = {Level.ERROR: 0, Level.WARNING: 1, Level.OK: 2}


def _counters(facts: SystemFacts) -> list[tuple[Any, Any]]:
    return [(word, facts.counters.found.get(name)) for name, word in COUNTED.items()]
