"""Where a webhook may be sent to: the form of its URL, and the addresses behind the name.

What is refused are the places that the site reaches and the one who names the URL may not.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address

LONGEST_URL = 2000
LONGEST_NAME = 253
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
DEFAULT_PORTS = {"http": 80, "https": 443}
#: Below this only the two default ports are taken: the others belong to protocols that are no HTTP.
FIRST_FREE_PORT = 1024

#: Blocks that are not, or not for certain, the address of a public host, each with what it is. The
#: first that fits names it. `ipaddress` knows most, but not alike in every version of Python.
_REFUSED = [
    (ip_network(block), kind)
    for block, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("127.0.0.0/8", "loopback"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("100.64.0.0/10", "private"),
        ("169.254.0.0/16", "link-local"),
        ("168.63.129.16/32", "a metadata service"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4 inside IPv6"),
        ("::ffff:0:0:0/96", "IPv4 inside IPv6"),
        ("::/96", "IPv4 inside IPv6"),
        ("64:ff9b::/96", "IPv4 through NAT64"),
        ("64:ff9b:1::/48", "IPv4 through NAT64"),
        ("2001::/32", "IPv4 through Teredo"),
        ("2002::/16", "IPv4 through 6to4"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
    )
]
#: Of IPv6 nothing else is given out to public hosts.
_GLOBAL_IPV6 = IPv6Network("2000::/3")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart; `path` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """The parts of a URL; ValueError says what is wrong with it."""
    if len(url) > LONGEST_URL:
        raise ValueError(f"a URL of at most {LONGEST_URL:,} characters")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("a URL in plain ASCII, other characters percent-encoded")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("a URL as in https://example.com/hook") from None
    _check(parts)
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if port not in DEFAULT_PORTS.values() and port < FIRST_FREE_PORT:
        raise ValueError(f"a URL with port 80, 443, or {FIRST_FREE_PORT} and above")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname or "", port, path)


def _check(parts: SplitResult) -> None:
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("a URL that begins with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("a URL without user name and password: the signature says who sends")
    if not _is_host(parts.hostname or ""):
        raise ValueError("a URL with a host, as in https://example.com/hook")
    if parts.fragment:
        raise ValueError("a URL without a fragment: it would not be sent")


def _is_host(text: str) -> bool:
    if ":" in text:
        try:
            return bool(IPv6Address(text)) and "%" not in text
        except ValueError:
            return False
    return _NAME.fullmatch(text) is not None and len(text) <= LONGEST_NAME


def refusal(address: str, *, allowed: Iterable[str] = ()) -> str:
    """What forbids an IP address, in words as in `loopback`; "" when nothing does.

    `allowed` are networks, as in `10.1.0.0/16`, where nothing is forbidden.
    """
    found = ip_address(address.partition("%")[0])
    if any(found in ip_network(network) for network in allowed):
        return ""
    for block, kind in _REFUSED:
        if found in block:
            return kind
    if isinstance(found, IPv6Address) and found not in _GLOBAL_IPV6:
        return "reserved"
    return "" if found.is_global else "reserved"
