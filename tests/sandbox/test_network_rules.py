"""Names, addresses and requests: what passes by the clause, for any input."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.contract import Network
from agent_core.sandbox.local.network.addresses import Reach, addresses
from agent_core.sandbox.local.network.requests import Connect, Forward, Malformed, parse
from agent_core.sandbox.local.network.rules import refusal
from tests.strategies import domains


def allowlist(*names: str) -> Network:
    return Network(mode="allowlist", domains=names)


@pytest.mark.parametrize(
    ("entry", "host", "port", "passes"),
    [
        ("example.org", "example.org", 443, True),
        ("example.org", "example.org", 80, True),
        ("example.org", "example.org", 22, False),
        ("example.org", "www.example.org", 443, False),
        ("example.org", "notexample.org", 443, False),
        ("example.org", "example.org.evil.net", 443, False),
        ("*.example.org", "www.example.org", 443, True),
        ("*.example.org", "a.b.example.org", 80, True),
        ("*.example.org", "example.org", 443, False),
        ("*.example.org", "evilexample.org", 443, False),
        ("*.example.org", ".example.org", 443, False),
        ("example.org:8443", "example.org", 8443, True),
        ("example.org:8443", "example.org", 443, False),
        ("*.example.org:8080", "a.example.org", 8080, True),
        ("*.example.org:8080", "a.example.org", 80, False),
        ("example.org", "203.0.113.7", 443, False),
        ("example.org", "::1", 443, False),
    ],
)
def test_one_entry(entry, host, port, passes):
    """An entry stands for its name and the two usual ports, or for the one port that it gives."""
    assert (refusal(allowlist(entry), host, port) is None) is passes


@given(st.lists(domains, min_size=1, max_size=4, unique=True), domains, st.integers(1, 65_535))
def test_only_listed_names_pass(listed, asked, port):
    """A name passes exactly when it is listed, or below one that is listed with a star."""
    host = asked.removeprefix("*.")
    below = any(host.endswith(entry[1:]) and host != entry[2:] for entry in listed if entry.startswith("*."))
    expected = (host in listed or below) and port in {80, 443}
    assert (refusal(allowlist(*listed), host, port) is None) is expected


@given(domains, st.integers(1, 65_535))
def test_the_other_modes(name, port):
    """Deny lets nothing through, whatever is listed; open lets every name through."""
    host = name.removeprefix("*.")
    assert refusal(Network(mode="deny", domains=(name,)), host, port) is not None
    assert refusal(Network(mode="open"), host, port) is None


PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.80",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "100::1",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses(text):
    """No address that means this machine, its neighbours, a cloud's metadata or a group is ever public."""
    assert not Reach().allows(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses(text):
    """Public addresses pass, also written as addresses of the other family."""
    assert Reach().allows(ipaddress.ip_address(text))


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="127.0.0.0/8"))
def test_the_operators_exceptions(address):
    """An exception opens its own range, and no other."""
    assert Reach((ipaddress.ip_network("10.0.0.0/8"),)).allows(address) is (str(address).startswith("10."))


def test_what_is_no_address_is_left_out():
    """Of a name service's answers only addresses are taken, each once, without their zone."""
    assert [str(a) for a in addresses(["1.1.1.1", "x", "1.1.1.1", "fe80::1%eth0", "", "127.1"])] == [
        "1.1.1.1",
        "fe80::1",
    ]


@given(st.binary(max_size=400))
def test_any_bytes_are_judged(data):
    """Whatever is sent, there is an answer; what passes names a plain host and a port."""
    judge(parse(data + b"\r\n\r\n"))


PIECES = st.sampled_from(
    [
        *("CONNECT", "GET", "POST", "get", " ", "  ", "\t", "http://", "https://", "HTTP/1.1", "HTTP/1.0", "HTTP/2"),
        *("a.org", "b.org", "A.ORG.", ":80", ":443", ":0", ":99999", "@", "/", "?q", "#f", "[::1]", "[x]", "\\", "\0"),
        *("\r\n", "\n", "\r", "Host: b.org", "Content-Length: 5", "Content-Length: 6", "Transfer-Encoding: chunked"),
        *("Connection: x", "x: y", " folded", ":", "é"),
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_twisted_requests_are_judged(text):
    """Requests of the right words in a wrong order never put a second request, or another host, into what passes."""
    judge(parse(text.encode("latin-1") + b"\r\n\r\n"))


def judge(request):
    match request:
        case Malformed(status, problem):
            assert status in {400, 411}
            assert problem.isascii()
        case Connect(host, port) | Forward(host, port):
            assert host == host.lower()
            assert not set(host) & set("@/\\ \r\n\0[]?#")
            assert 0 < port <= 65_535
    if isinstance(request, Forward):
        lines = request.head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        names = [line.partition(":")[0].lower() for line in lines[1:]]
        assert names.count("host") == names.count("connection") == 1
        assert names.count("content-length") <= 2
        assert "transfer-encoding" not in names
        assert not any("\r" in line or "\n" in line or "\0" in line for line in lines)
        assert lines[0].split(" ")[1].startswith("/")


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1",
        "GET http://a.org/ HTTP/1.1\nHost: b.org",
        "GET http://a.org/ x HTTP/1.1",
        "GET http://user@a.org/ HTTP/1.1",
        "GET http://a.org\\@b.org/ HTTP/1.1",
        "GET https://a.org/ HTTP/1.1",
        "GET ftp://a.org/ HTTP/1.1",
        "GET http://a.org:0/ HTTP/1.1",
        "GET http://[::1/ HTTP/1.1",
        "GET http://a.org/ HTTP/1.1\r\nBad Name: x",
        "GET http://a.org/ HTTP/1.1\r\n folded: x",
        "POST http://a.org/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4",
        "POST http://a.org/ HTTP/1.1\r\nContent-Length: +3",
        "POST http://a.org/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
        "CONNECT a.org HTTP/1.1",
        "CONNECT a.org:443@b.org HTTP/1.1",
        "CONNECT a.org:443/ HTTP/1.1",
        "CONNECT a.org:b.org:443 HTTP/1.1",
        "CONNECT a..org:443 HTTP/1.1",
        "PRI * HTTP/2.0",
        "\x16\x03\x01",
    ],
)
def test_refused_forms(head):
    """What could mean two things means nothing."""
    assert isinstance(parse(head.encode("latin-1") + b"\r\n\r\n"), Malformed)


def test_what_the_server_gets():
    """The host of the address, not the header's; nothing that is between the client and the proxy only."""
    head = (
        b"POST http://A.org.:8080/x?q=1#f HTTP/1.1\r\nHost: b.org\r\nProxy-Authorization: secret\r\nX-Mine: 1\r\n"
        b"Connection: keep-alive, x-mine, content-length\r\nContent-Length: 3\r\nAccept: */*\r\n\r\n"
    )
    assert parse(head) == Forward(
        "a.org",
        8080,
        b"POST /x?q=1 HTTP/1.1\r\nHost: a.org:8080\r\nContent-Length: 3\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        3,
    )


def test_tunnels():
    """A tunnel has a host and a port, and an address of IPv6 is written in one way."""
    assert parse(b"CONNECT A.org:443 HTTP/1.1\r\nHost: b.org:443\r\n\r\n") == Connect("a.org", 443)
    assert parse(b"CONNECT [0:0::1]:443 HTTP/1.1\r\n\r\n") == Connect("::1", 443)
