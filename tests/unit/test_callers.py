"""Where a request came from, when proxies stand between."""

import pytest

from jobs.domain.callers import client_address

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("203.0.113.9", 0, PROXY),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, PROXY),
        ("", 1, PROXY),
        ("unknown", 1, PROXY),
        (" 203.0.113.9:51234 ", 1, "203.0.113.9"),
        ("[2001:DB8::1]:443", 1, "2001:db8::1"),
        ("[2001:db8::1]", 1, "2001:db8::1"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("<script>", 1, PROXY),
    ],
)
def test_only_what_a_trusted_proxy_has_written_is_believed(forwarded, proxies, address):
    assert client_address(PROXY, forwarded, proxies=proxies) == address


def test_a_connection_without_an_address_has_none():
    assert client_address("", "203.0.113.9", proxies=0) == ""
    assert client_address("not an address", "", proxies=0) == ""
