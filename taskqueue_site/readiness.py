"""Asking a web server of this machine whether it is ready."""

import http.client


def why_not_ready(host: str, port: int, *, allowed_hosts: list[str], seconds: float) -> str:
    """Why the server at this address cannot work; empty when it can.

    It is asked under a name that it answers to, the first of ALLOWED_HOSTS.
    """
    name = allowed_hosts[0].lstrip(".*") if allowed_hosts else ""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", "/readyz", headers={"Host": name or "localhost"})
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"
    finally:
        connection.close()
    return "" if answer.status == 200 else f"status {answer.status}: {body}"
