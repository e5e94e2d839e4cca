"""Whether the network clause lets a host and port through: by name only, before anything is resolved."""

import ipaddress

from agent_core.contract import Network

STANDARD_PORTS = (80, 443)


def refusal(network: Network, host: str, port: int) -> str | None:
    """None when the clause allows it; else why not, to follow the host's name. `host` is in lower case."""
    match network.mode:
        case "open":
            return None
        case "deny":
            return "can't be reached, because the contract allows no network"
        case "allowlist":
            return _unlisted(network.domains, host, port)


def _unlisted(domains: tuple[str, ...], host: str, port: int) -> str | None:
    if _is_address(host):
        return "is an address, and the contract allows listed names only"
    ports = {allowed for domain in domains for allowed in _ports(domain, host)}
    if not ports:
        return "is not on the allowlist of the contract"
    if port not in ports:
        return f"is on the allowlist of the contract, but not with port {port}"
    return None


def _ports(domain: str, host: str) -> tuple[int, ...]:
    """The ports that one entry of the list opens to a host."""
    name, _, port = domain.partition(":")
    matches = host.endswith(name[1:]) and len(host) > len(name) - 1 if name.startswith("*.") else host == name
    if not matches:
        return ()
    return (int(port),) if port else STANDARD_PORTS


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
