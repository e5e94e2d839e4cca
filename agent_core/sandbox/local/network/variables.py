"""What programs in the sandbox have to be told about the proxy, and whom they trust beyond it."""

import ssl
import sys
from pathlib import Path

from agent_core.sandbox.local.worker.door import PORT

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
"""In the jail: where Debian's programs look by themselves."""

_INSTALLED = "/tmp/installed"  # noqa: S108  the jail's own
"""In the jail: where pip puts what code installs. It goes with the sandbox, and is not taken for results."""

_URL = f"http://127.0.0.1:{PORT}"
_OWN = "localhost,127.0.0.1,::1"


def variables() -> dict[str, str]:
    """The environment by which curl, pip and Python's libraries find the proxy and the certificates."""
    proxies = {name: _URL for upper in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") for name in (upper, upper.lower())}
    trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"), CERTIFICATES)
    site = f"{_INSTALLED}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    quiet = dict.fromkeys(("PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_INPUT"), "1")
    pip = quiet | {"PIP_PREFIX": _INSTALLED, "PYTHONPATH": site, "PIP_NO_COMPILE": "1"}
    return proxies | {"NO_PROXY": _OWN, "no_proxy": _OWN} | trust | pip


def certificates() -> bytes:
    """The authorities that this machine trusts: the operator's own among them, if they are installed."""
    for name in (ssl.get_default_verify_paths().cafile, CERTIFICATES, _certifi()):
        if name and (path := Path(name)).is_file():
            return path.read_bytes()
    return b""


def _certifi() -> str | None:
    try:
        import certifi  # noqa: PLC0415  the last resort
    except ImportError:
        return None
    return certifi.where()
