"""Where webhooks may be sent, and where not."""

import pytest

from jobs.domain.addresses import Target, refusal, target_of


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com", Target("https", "example.com", 443, "/")),
        ("http://EXAMPLE.com:8080/a?b=c", Target("http", "example.com", 8080, "/a?b=c")),
        ("https://[2606:4700::1]:443/", Target("https", "2606:4700::1", 443, "/")),
        ("https://xn--bcher-kva.example/h%C3%A4", None),
    ],
)
def test_a_url_is_taken_apart(url: str, target: Target | None) -> None:
    assert target is None or target_of(url) == target
    assert target_of(url).path in url + "/"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://example.com", "begins with http"),
        ("file:///etc/passwd", "begins with http"),
        ("gopher://example.com", "begins with http"),
        ("//example.com", "begins with http"),
        ("example.com", "begins with http"),
        ("", "begins with http"),
        ("https://user:secret@example.com", "without user name"),
        ("https://user@example.com", "without user name"),
        ("https://@example.com", "without user name"),
        ("https://", "with a host"),
        ("https:///path", "with a host"),
        ("https://a..b/", "with a host"),
        ("https://" + "a" * 64 + ".com/", "with a host"),
        ("https://" + "a." * 130 + "com/", "with a host"),
        ("https://exa%6dple.com/", "with a host"),
        ("https://[fe80::1%25eth0]/", "with a host"),
        ("https://[::zz]/", "as in https"),
        ("https://example.com/#part", "without a fragment"),
        ("https://example.com:22/", "with port 80, 443, or 1024"),
        ("https://example.com:0/", "with port 80, 443, or 1024"),
        ("https://example.com:70000/", "as in https"),
        ("https://example.com:x/", "as in https"),
        ("https://bücher.example/", "plain ASCII"),
        ("https://example.com/a b", "plain ASCII"),
        ("https://example.com/\r\nHost: x", "plain ASCII"),
        ("https://example.com\\@evil.example/", "plain ASCII"),
        ("https://example.com/" + "a" * 2000, "at most 2,000"),
    ],
)
def test_what_is_no_url_of_a_receiver_is_refused_in_words(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        target_of(url)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "unspecified"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("100.100.100.200", "private"),
        ("169.254.169.254", "link-local"),
        ("168.63.129.16", "a metadata service"),
        ("192.0.0.192", "reserved"),
        ("192.0.2.1", "reserved"),
        ("192.88.99.1", "a 6to4 relay"),
        ("198.18.0.1", "reserved"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "IPv4 inside IPv6"),
        ("::ffff:127.0.0.1", "IPv4 inside IPv6"),
        ("::ffff:8.8.8.8", "IPv4 inside IPv6"),
        ("::ffff:0:127.0.0.1", "IPv4 inside IPv6"),
        ("64:ff9b::7f00:1", "IPv4 through NAT64"),
        ("64:ff9b:1::a00:1", "IPv4 through NAT64"),
        ("2002:7f00:1::", "IPv4 through 6to4"),
        ("2001:0:7f00:1::", "IPv4 through Teredo"),
        ("2001:db8::1", "reserved"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
        ("100::1", "reserved"),
        ("4000::1", "reserved"),
    ],
)
def test_what_is_no_public_host_is_refused_by_its_kind(address: str, kind: str) -> None:
    assert refusal(address) == kind


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.128.0.1", "2606:4700::1111"],
)
def test_a_public_host_is_not_refused(address: str) -> None:
    assert refusal(address) == ""


def test_a_setting_allows_its_networks_and_no_others() -> None:
    allowed = ["10.1.0.0/16", "::1/128"]

    assert refusal("10.1.2.3", allowed=allowed) == ""
    assert refusal("::1", allowed=allowed) == ""
    assert refusal("10.2.0.1", allowed=allowed) == "private"
    assert refusal("::ffff:10.1.2.3", allowed=allowed) == "IPv4 inside IPv6"
