"""What a hostile client sends the web server: broken requests, climbing paths, foreign origins, floods, and no session."""

import contextlib
import http.client
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext

from tests.browser.acting import attach, drawn
from tests.browser.conftest import App

pytestmark = pytest.mark.browser

CLIMBING = (
    "/media/../../../../etc/passwd",
    "/media/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "//etc/passwd",
    "/app/static/../../app.py",
    "/..%5c..%5c..%5cetc%5cpasswd",
    "/_stcore/bidi-components/../../../etc/passwd",
    "/component/../../../etc/passwd",
    "/media/%00",
    "/media//etc/passwd",
    "/media/file:%2f%2f%2fetc%2fpasswd",
)
CLOSED = (
    "/_stcore/metrics",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/interact",
    "/_stcore/agent/mcp",
    "/metrics",
    "/component/x/y",
)
UPGRADE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: {origin}\r\n\r\n"
)


FORGED = {"Cookie": "_streamlit_xsrf=abc", "X-Xsrftoken": "abd"}
EQUAL = {"Cookie": "_streamlit_xsrf=abc", "X-Xsrftoken": "abc"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all: each test leaves it serving."""
    app = App(tmp_path_factory.mktemp("hostile") / "home")
    app.start()
    yield app
    assert request(app, "GET", "/readyz")[0] == 200
    app.stop()
    assert not [line for line in app.log().splitlines() if "/components/" in line or "/agent_core/" in line]


def request(
    app: App, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(app.url).netloc, timeout=30)
    with contextlib.closing(connection):
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextlib.contextmanager
def wire(app: App) -> Iterator[socket.socket]:
    where = urlsplit(app.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as opened:
        yield opened


def exchange(app: App, sent: bytes) -> bytes:
    """What the server says to some bytes; nothing where it hangs up."""
    with wire(app) as connection, contextlib.suppress(OSError):
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(4096)
    return b""


@pytest.mark.parametrize("path", CLIMBING)
def test_no_path_climbs(running: App, path: str) -> None:
    status, body = request(running, "GET", path)
    assert status in {400, 404}, body[:80]
    assert b"root:" not in body
    assert b"streamlit" not in body


@pytest.mark.parametrize("path", CLOSED)
def test_what_nobody_needs_is_closed(running: App, path: str) -> None:
    assert request(running, "GET", path)[0] == 404
    assert request(running, "POST", path, body=b"{}")[0] in {404, 405}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_upload_needs_a_session_that_was_told_of_it(running: App, method: str) -> None:
    """A made-up session can neither leave nor take a file, whatever it sends along."""
    path = "/_stcore/upload_file/00000000-0000-0000-0000-000000000000/1"
    for headers in ({}, FORGED, EQUAL):
        assert request(running, method, path, headers, b"x")[0] == 404


def test_an_upload_needs_the_page_s_own_token(running: App, context: BrowserContext, tmp_path: Path) -> None:
    """A foreign page can neither leave nor take a file, not even at the address of an upload that is under way."""
    page = context.new_page()
    page.goto(running.url)
    drawn(page)
    (tmp_path / "mine.csv").write_text("a\n1\n", encoding="utf-8")
    with page.expect_request(lambda one: "/upload_file/" in one.url and one.method == "PUT") as sent:
        attach(page, tmp_path / "mine.csv")
    path = urlsplit(sent.value.url).path
    for method in ("PUT", "DELETE"):
        for headers in ({}, FORGED):
            assert request(running, method, path, headers, b"x")[0] == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost.evil.example", "https://127.0.0.1.evil.example"]
)
def test_no_foreign_page_opens_a_session(running: App, origin: str) -> None:
    host = urlsplit(running.url).netloc
    assert exchange(running, UPGRADE.format(host=host, origin=origin).encode()).startswith(b"HTTP/1.1 403")
    assert exchange(running, UPGRADE.format(host=host, origin=running.url).encode()).startswith(b"HTTP/1.1 101")


def test_a_name_that_was_rebound_to_this_machine_opens_no_session(running: App) -> None:
    """A page of evil.example whose name suddenly means this address has the same origin as itself, and gets nothing."""
    port = urlsplit(running.url).port
    sent = UPGRADE.format(host=f"evil.example:{port}", origin=f"http://evil.example:{port}")
    assert exchange(running, sent.encode()).startswith(b"HTTP/1.1 403")
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[", ""):
        assert exchange(running, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).startswith(b"HTTP/1.1 421")
    assert exchange(running, b"GET /healthz HTTP/1.1\r\nHost: 10.0.0.7\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_flood_in_a_header_an_address_or_a_frame_is_cut_off(running: App) -> None:
    assert not exchange(running, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (32 << 20)).startswith(b"HTTP/1.1 200")
    assert not exchange(running, b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200")
    host = urlsplit(running.url).netloc
    with wire(running) as connection, contextlib.suppress(OSError):
        connection.sendall(UPGRADE.format(host=host, origin=running.url).encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 101")
        # A frame that says it is an exabyte long.
        connection.sendall(b"\x82\xff" + struct.pack("!Q", 1 << 60) + os.urandom(4) + b"x" * 1024)
        connection.settimeout(10)
        while connection.recv(65536):
            pass
    assert request(running, "GET", "/healthz")[0] == 200


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(max_size=400))
def test_garbage_is_no_request(running: App, garbage: bytes) -> None:
    exchange(running, garbage + b"\r\n\r\n")
    assert request(running, "GET", "/healthz")[0] == 200


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,30}", fullmatch=True).filter(
        lambda name: name.lower() not in {"connection", "content-length", "transfer-encoding", "upgrade", "expect"}
    ),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=200),
)
def test_no_header_changes_what_a_stranger_gets(running: App, name: str, value: str) -> None:
    """Nobody is let in, and no file is had, by a header of their own making."""
    status, _ = request(running, "GET", f"/media/{'0' * 32}.csv", {name: value.strip()})
    assert status in {400, 404, 431}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=300), opcode=st.integers(0, 15))
def test_no_frame_ends_the_server(running: App, payload: bytes, opcode: int) -> None:
    """Frames of any kind that hold anything: the connection may end, the app does not."""
    host = urlsplit(running.url).netloc
    with wire(running) as connection, contextlib.suppress(OSError):
        connection.sendall(UPGRADE.format(host=host, origin=running.url).encode())
        connection.recv(4096)
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack("!H", len(payload))
        connection.sendall(bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload)
    assert request(running, "GET", "/healthz")[0] == 200
