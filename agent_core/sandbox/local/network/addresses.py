"""Which addresses a connection may lead to, and how names become addresses. Nothing inside resolves names."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import psutil

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Range = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[Iterable[str]]]
"""From a name and a port to addresses as text. Raises OSError where there is none."""

_RESOLVERS = 8
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
        *("::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        *("5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
"""Not left to the standard library alone, whose lists differ from version to version. One is a cloud's metadata."""


class Reach:
    """The operator's word on addresses: all that are public, and `besides` them those that are named."""

    def __init__(self, besides: tuple[Range, ...] = ()) -> None:
        self._besides = besides

    def allows(self, address: Address) -> bool:
        """Whether a connection may lead there."""
        real = _real(address)
        if any(real.version == network.version and real in network for network in self._besides):
            return True
        return _is_public(real) and real not in _own()


class SystemResolver:
    """The system's own name service, on threads apart: a slow name holds up nothing else."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None

    async def __call__(self, host: str, port: int) -> list[str]:
        """See `Resolve`."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="ringfence-names")
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port)
        return [str(item[4][0]) for item in found]

    def close(self) -> None:
        """Let the threads go. The next question starts others."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


def addresses(texts: Iterable[str]) -> list[Address]:
    """Those of the texts that are addresses, each once."""
    found: dict[Address, None] = {}
    for text in texts:
        try:
            found[ipaddress.ip_address(text.partition("%")[0])] = None
        except ValueError:
            continue
    return list(found)


def _look_up(host: str, port: int) -> list[tuple[object, object, object, object, tuple[object, ...]]]:
    return [*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _is_public(address: Address) -> bool:
    if address.is_multicast or not address.is_global:
        return False
    return not any(address.version == network.version and address in network for network in _NEVER)


def _real(address: Address) -> Address:
    """The address of IPv4 that one of IPv6 stands for, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _own() -> set[Address]:
    """The machine's own addresses: what listens there is not meant for code in a sandbox."""
    return set(addresses(entry.address for entries in psutil.net_if_addrs().values() for entry in entries))
