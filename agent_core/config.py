"""Settings of a deployment, and the only place that touches the environment and reads secrets."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from agent_core.errors import ProviderUnavailable

DEFAULT_MODEL = "claude-sonnet-4-6"
ANTHROPIC_URL = "https://api.anthropic.com"


def inherited() -> tuple[str, ...]:
    """The names of the variables that a child process gets where nobody says otherwise."""
    return tuple(os.environ)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key that a person brings for a while. It shows itself only by `get_secret_value`."""

    key: SecretStr
    plan: str = ""
    """Of the account that it belongs to, one of `PLANS`; empty where it makes no difference."""


KEY_SETTINGS: Mapping[str, str] = {"daytona": "DAYTONA_API_KEY", "e2b": "E2B_API_KEY", "claude": "ANTHROPIC_API_KEY"}
"""What holds the key of each provider that needs one."""
PLANS: Mapping[str, Mapping[str, str]] = {
    "daytona": {"1": "Tier 1", "2": "Tier 2", "3": "Tier 3", "4": "Tier 4"},
    "e2b": {"hobby": "Hobby", "pro": "Pro", "pro-600": "Pro, 600 at once", "pro-1100": "Pro, 1,100 at once"},
}
"""The plans of an account, where what can be promised depends on it; the first is meant where none is named."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator sets. Secrets show themselves only by `get_secret_value`."""

    home: Path
    """Where what this machine keeps is: the database and the artifacts, unless they are elsewhere."""
    database_url: str
    artifacts: str
    """Where uploads and what code made are: a folder, or a bucket such as s3://bucket/prefix."""
    model: str = DEFAULT_MODEL
    anthropic_api_key: SecretStr | None = None
    anthropic_auth_token: SecretStr | None = None
    anthropic_base_url: str = ANTHROPIC_URL
    reachable_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Private addresses that sandboxes on this machine may reach, where the contract allows the name."""
    local_start: Literal["fork", "cold"] = "fork"
    """How sandboxes on this machine start; see `LocalProvider`."""
    daytona_api_key: SecretStr | None = None
    daytona_api_url: str | None = None
    """Of a Daytona that is not Daytona's own."""
    daytona_tier: Literal[1, 2, 3, 4] = 1
    """The tier of the account that the key belongs to; from the third on a sandbox's egress can be set."""
    e2b_api_key: SecretStr | None = None
    e2b_domain: str | None = None
    e2b_api_url: str | None = None
    e2b_sandbox_url: str | None = None
    """Of an E2B that is not E2B's own: its domain, or the addresses of its API and of its sandboxes."""
    e2b_tier: Literal["hobby", "pro", "pro-600", "pro-1100"] = "hobby"
    """The tier of the account that the key belongs to; a number is how many sandboxes an add-on allows at once."""
    e2b_template: str = "code-interpreter-v1"
    """What sandboxes are made from; it sets their processors and memory."""
    operators: frozenset[str] = frozenset()
    """The addresses, in lower case, of the people who may see everyone's spending and end anyone's sandbox."""
    policy: Path | None = None
    """The operator's bounds on contracts; without a file nothing is bounded."""
    metrics: bool = False
    """Whether /metrics answers."""
    traces: str = ""
    """The OTLP endpoint that traces go to over HTTP; empty where none are made."""
    logs: Literal["text", "json"] = "text"

    @property
    def builtin(self) -> bool:
        """Whether the built-in analyst plans, because there is neither a key nor an endpoint."""
        return not (self.anthropic_api_key or self.anthropic_auth_token or self.anthropic_base_url != ANTHROPIC_URL)

    def with_key(self, provider: str, own: OwnKey) -> "Settings":
        """These settings with another key for a provider. Raises KeyError for one that needs none."""
        match provider:
            case "daytona":
                return replace(self, daytona_api_key=own.key, daytona_tier=_tier(own.plan or "1"))
            case "e2b":
                return replace(self, e2b_api_key=own.key, e2b_tier=_e2b_tier(own.plan or "hobby"))
            case "claude":
                return replace(self, anthropic_api_key=own.key, anthropic_auth_token=None)
            case _:
                raise KeyError(provider)

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None
    ) -> "Settings":
        """Read DATABASE_URL and, by their prefixes, what a deployment sets.

        These are RINGFENCE_HOME, _ARTIFACTS, _POLICY, _OPERATORS, _MODEL, _REACHABLE_NETWORKS and _LOCAL_START,
        ANTHROPIC_API_KEY, _AUTH_TOKEN and _BASE_URL; DAYTONA_API_KEY, DAYTONA_API_URL and RINGFENCE_DAYTONA_TIER;
        E2B_API_KEY, _DOMAIN, _API_URL and _SANDBOX_URL, RINGFENCE_E2B_TIER and RINGFENCE_E2B_TEMPLATE;
        RINGFENCE_METRICS and _LOGS, and OTEL_EXPORTER_OTLP_ENDPOINT.

        What the environment doesn't set, `secrets` may. Raises ProviderUnavailable with a sentence on what to set.
        """
        set_here = os.environ if environment is None else environment
        variables = {**(secrets or {}), **{name: value for name, value in set_here.items() if value}}
        data_home = variables.get("XDG_DATA_HOME") or str(Path(variables.get("HOME", ".")) / ".local" / "share")
        home = Path(variables.get("RINGFENCE_HOME") or Path(data_home) / "ringfence").expanduser().absolute()
        return cls(
            home=home,
            database_url=variables.get("DATABASE_URL") or f"sqlite:///{home / 'ringfence.db'}",
            artifacts=variables.get("RINGFENCE_ARTIFACTS") or str(home / "artifacts"),
            model=variables.get("RINGFENCE_MODEL") or DEFAULT_MODEL,
            anthropic_api_key=_secret(variables, "ANTHROPIC_API_KEY"),
            anthropic_auth_token=_secret(variables, "ANTHROPIC_AUTH_TOKEN"),
            anthropic_base_url=(variables.get("ANTHROPIC_BASE_URL") or ANTHROPIC_URL).rstrip("/"),
            reachable_networks=_networks(variables.get("RINGFENCE_REACHABLE_NETWORKS", "")),
            local_start=_start(variables.get("RINGFENCE_LOCAL_START") or "fork"),
            daytona_api_key=_secret(variables, "DAYTONA_API_KEY"),
            daytona_api_url=variables.get("DAYTONA_API_URL") or None,
            daytona_tier=_tier(variables.get("RINGFENCE_DAYTONA_TIER") or "1"),
            e2b_api_key=_secret(variables, "E2B_API_KEY"),
            e2b_domain=variables.get("E2B_DOMAIN") or None,
            e2b_api_url=variables.get("E2B_API_URL") or None,
            e2b_sandbox_url=variables.get("E2B_SANDBOX_URL") or None,
            e2b_tier=_e2b_tier(variables.get("RINGFENCE_E2B_TIER") or "hobby"),
            e2b_template=variables.get("RINGFENCE_E2B_TEMPLATE") or "code-interpreter-v1",
            operators=_addresses(variables.get("RINGFENCE_OPERATORS", "")),
            policy=_policy(variables, home),
            metrics=_switch(variables, "RINGFENCE_METRICS"),
            traces=variables.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
            logs=_log_form(variables.get("RINGFENCE_LOGS") or "text"),
        )

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """All that may stand in no log."""
        password = urlsplit(self.database_url).password
        found = (self.anthropic_api_key, self.anthropic_auth_token, self.daytona_api_key, self.e2b_api_key)
        return tuple(one for one in (*found, SecretStr(unquote(password)) if password else None) if one is not None)


@contextmanager
def in_environment(name: str, value: str) -> Iterator[None]:
    """Set a variable of this process for a while: what must not be seen in a sandbox is laid there."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def _policy(variables: Mapping[str, str], home: Path) -> Path | None:
    if named := variables.get("RINGFENCE_POLICY"):
        return Path(named).expanduser().absolute()
    usual = home / "policy.yaml"
    return usual if usual.exists() else None


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ProviderUnavailable(
            "RINGFENCE_REACHABLE_NETWORKS makes no sense: give networks such as 10.1.0.0/16, separated by commas."
        ) from error


def _start(text: str) -> Literal["fork", "cold"]:
    if text not in {"fork", "cold"}:
        raise ProviderUnavailable("RINGFENCE_LOCAL_START makes no sense: it is fork or cold.")
    return "cold" if text == "cold" else "fork"


def _addresses(text: str) -> frozenset[str]:
    found = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    if wrong := sorted(one for one in found if "@" not in one):
        raise ProviderUnavailable(
            f"RINGFENCE_OPERATORS makes no sense: {wrong[0]!r} is no e-mail address. "
            "Give addresses, separated by commas."
        )
    return found


def hosts() -> frozenset[str]:
    """The names besides this machine's own that RINGFENCE_HOSTS has the app answer to; `*` is any."""
    return frozenset(part.strip().lower() for part in os.environ.get("RINGFENCE_HOSTS", "").split(",") if part.strip())


def _switch(variables: Mapping[str, str], name: str) -> bool:
    match variables.get(name, "off").strip().lower():
        case "on" | "1" | "true":
            return True
        case "off" | "0" | "false":
            return False
        case other:
            raise ProviderUnavailable(f"{name} makes no sense: {other!r}. Say on or off.")


def _log_form(text: str) -> Literal["text", "json"]:
    match text.strip().lower():
        case "text":
            return "text"
        case "json":
            return "json"
        case other:
            raise ProviderUnavailable(f"RINGFENCE_LOGS makes no sense: {other!r}. Say text or json.")


def _tier(text: str) -> Literal[1, 2, 3, 4]:
    match text.strip():
        case "1":
            return 1
        case "2":
            return 2
        case "3":
            return 3
        case "4":
            return 4
        case _:
            raise ProviderUnavailable("RINGFENCE_DAYTONA_TIER makes no sense: give the account's tier, 1 to 4.")


def _e2b_tier(text: str) -> Literal["hobby", "pro", "pro-600", "pro-1100"]:
    match text.strip().lower():
        case "hobby" | "pro" | "pro-600" | "pro-1100" as tier:
            return tier
        case _:
            raise ProviderUnavailable(
                "RINGFENCE_E2B_TIER makes no sense: give the account's tier, hobby or pro, or pro-600 or pro-1100 "
                "with an add-on."
            )


def _secret(variables: Mapping[str, str], name: str) -> SecretStr | None:
    value = variables.get(name, "").strip()
    return SecretStr(value) if value else None
