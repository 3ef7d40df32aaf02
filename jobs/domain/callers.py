"""Where a request came from, when proxies stand between."""

from ipaddress import ip_address


def client_address(remote: str, forwarded: str, *, proxies: int) -> str:
    """The address of whoever called, as far as it can be trusted; empty when there is none.

    `remote` is the other end of the connection, `forwarded` the `X-Forwarded-For` that came with
    the request: each of so many trusted `proxies` has added one address at its end, and what stands
    before those anybody may have written.
    """
    if proxies:
        told = forwarded.split(",")
        found = _address(told[-proxies]) if len(told) >= proxies else ""
        if found:
            return found
    return _address(remote)


def _address(text: str) -> str:
    """The address in a text that may also tell a port; empty when there is none."""
    given = text.strip()
    for candidate in (given, given.rpartition(":")[0].strip("[]"), given.strip("[]")):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return ""
