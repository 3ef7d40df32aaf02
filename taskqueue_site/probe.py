"""`python -m taskqueue_site.probe web|worker`: is the process in this container well?

Exit status 0 when it is. Starts no Django: it runs every few seconds.
"""

import socket
import sys
from datetime import UTC, datetime, timedelta

from redis import Redis
from redis.exceptions import RedisError

from taskqueue_site import env, variables
from taskqueue_site.readiness import why_not_ready

WEB_SECONDS = 3.0
"""How long the web server may take to answer."""
SILENCE_SECONDS = 30
"""Workers say each second that they live."""


def web() -> str:
    """Why the web server here is not ready; empty when it is."""
    port = variables.PORT.read()
    hosts = variables.ALLOWED_HOSTS.read()
    return why_not_ready("127.0.0.1", port, allowed_hosts=hosts, seconds=WEB_SECONDS)


def worker() -> str:
    """Why no worker of this host is alive in Redis; empty when one is."""
    oldest = datetime.now(UTC) - timedelta(seconds=SILENCE_SECONDS)
    try:
        with Redis.from_url(env.required(variables.REDIS_URL.name, "the workers' Redis")) as redis:
            for key in redis.smembers("rq:workers"):
                host, beat = redis.hmget(key, "hostname", "last_heartbeat")
                if host == socket.gethostname().encode() and _when(beat) > oldest:
                    return ""
    except RedisError as error:
        return f"Redis: {error}"
    return f"no live worker of {socket.gethostname()}"


def _when(beat: bytes | None) -> datetime:
    if not beat:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromisoformat(beat.decode()).astimezone(UTC)


PROBES = {"web": web, "worker": worker}


def main(arguments: list[str]) -> int:
    """Run the probe that is named; say what is wrong."""
    if len(arguments) != 1 or arguments[0] not in PROBES:
        sys.stderr.write(f"usage: python -m taskqueue_site.probe {'|'.join(PROBES)}\n")
        return 2
    problem = PROBES[arguments[0]]()
    if problem:
        sys.stderr.write(f"{problem}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
