"""For tests of webhooks: receivers on this machine may be told, and are soon told again."""

from taskqueue_site.settings.test import *  # noqa: F403

JOBS = JOBS | {  # noqa: F405
    "WEBHOOKS_ALLOWED_NETWORKS": ["127.0.0.0/8"],
    "WEBHOOKS_FIRST_RETRY_SECONDS": 0.1,
    "WEBHOOKS_TIMEOUT_SECONDS": 1.0,
    "WEBHOOKS_DISABLE_FAILURES": 3,
    "WEBHOOKS_DISABLE_SECONDS": 0,
    "LEASE_SECONDS": 2.0,
}
