"""What a client asks of the proxy. `parse` is total: what is not a plain request is Malformed."""

import ipaddress
import re
from dataclasses import dataclass

MOST_HEAD_BYTES = 64 << 10
_MOST_HEADERS = 200
_MOST_HOST = 253
_MOST_PORT = 65_535
_MOST_LENGTH_DIGITS = 15

_METHOD = re.compile(r"[A-Z]{1,20}")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"[!-~]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@/?#\\]+)(:(?P<port>[0-9]{1,5}))?")
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "upgrade", "host"}
)


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a tunnel. An address of IPv6 has no brackets."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass one plain request on. `head` is what the server gets; `length` bytes of the body follow."""

    host: str
    port: int
    head: bytes
    length: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """Not a request that is passed on, and the status that says so."""

    status: int
    problem: str


Request = Connect | Forward | Malformed


def parse(head: bytes) -> Request:
    """The request in a head that ends with an empty line."""
    lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or parts[2] not in {"HTTP/1.0", "HTTP/1.1"} or not _METHOD.fullmatch(parts[0]):  # noqa: PLR2004
        return Malformed(400, "the request is not one of HTTP")
    headers = _headers(lines[1:])
    if headers is None:
        return Malformed(400, "the request's headers make no sense")
    method, target, _ = parts
    if not _TARGET.fullmatch(target):
        return Malformed(400, "the request's address makes no sense")
    return _connect(target) if method == "CONNECT" else _forward(method, target, headers)


def named(host: str, port: int) -> str:
    """Host and port as one text."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _connect(target: str) -> Request:
    found = _authority(target, None)
    return Connect(*found) if found else Malformed(400, "a tunnel needs a host and a port")


def _forward(method: str, target: str, headers: list[tuple[str, str]]) -> Request:
    scheme, separator, rest = target.partition("://")
    if scheme.lower() != "http" or not separator:
        return Malformed(400, "this is a proxy: ask it for whole addresses with http, or for a tunnel")
    end = next((place for place, letter in enumerate(rest) if letter in "/?#"), len(rest))
    found = _authority(rest[:end], 80)
    if found is None:
        return Malformed(400, "the request's address makes no sense")
    path = rest[end:].partition("#")[0]
    length = _length(headers)
    if isinstance(length, Malformed):
        return length
    host, port = found
    lines = [f"{method} {path if path.startswith('/') else f'/{path}'} HTTP/1.1"]
    lines.append(f"Host: {named(host, port).removesuffix(':80')}")
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _dropped(headers)]
    return Forward(host, port, "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"), length)


def _headers(lines: list[str]) -> list[tuple[str, str]] | None:
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, separator, value = line.partition(":")
        if not separator or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            return None
        headers.append((name, value.strip(" \t")))
    return headers if len(headers) <= _MOST_HEADERS else None


def _dropped(headers: list[tuple[str, str]]) -> frozenset[str]:
    """What is between the client and us only: by the standard, and by the client's own word."""
    named = (value for name, value in headers if name.lower() == "connection")
    own = {word.strip().lower() for value in named for word in value.split(",")}
    return _HOP_BY_HOP | (own - {"content-length", "transfer-encoding"})


def _length(headers: list[tuple[str, str]]) -> int | Malformed:
    lengths = {value for name, value in headers if name.lower() == "content-length"}
    if any(name.lower() == "transfer-encoding" for name, _ in headers):
        return Malformed(411, "an upload needs its length; over https it does not")
    if not lengths:
        return 0
    text = lengths.pop()
    if lengths or not (text.isascii() and text.isdigit()) or len(text) > _MOST_LENGTH_DIGITS:
        return Malformed(400, "the request's length makes no sense")
    return int(text)


def _authority(text: str, standard: int | None) -> tuple[str, int] | None:
    match = _AUTHORITY.fullmatch(text)
    port = (match["port"] or standard) if match else None
    if match is None or port is None or not 0 < int(port) <= _MOST_PORT:
        return None
    host = _host(match["host"])
    return (host, int(port)) if host else None


def _host(text: str) -> str | None:
    if text.startswith("["):
        try:
            return str(ipaddress.IPv6Address(text[1:-1]))
        except ValueError:
            return None
    name = text.lower().removesuffix(".")
    return name if len(name) <= _MOST_HOST and ".." not in name and _NAME.fullmatch(name) else None
