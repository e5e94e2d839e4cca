"""The clauses of a contract. Sizes are MiB, times are seconds, money is US dollars."""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ProviderName = Literal["local", "e2b", "daytona", "claude"]
Language = Literal["python", "bash", "javascript", "r"]
RateCardName = Literal["local", "e2b", "daytona", "claude"]

HOSTED: frozenset[ProviderName] = frozenset({"claude"})
"""Where the code runs where the model is: a program of ours can't be run there, only asked for."""
PROVIDERS: tuple[ProviderName, ...] = get_args(ProviderName)
LANGUAGES: tuple[Language, ...] = get_args(Language)

_DOMAIN = re.compile(r"^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9](:[1-9][0-9]{0,4})?$")
_MOST_PORT = 65_535

Dollars = Annotated[Decimal, Field(ge=0, le=100_000, max_digits=12, decimal_places=6)]


class Clause(BaseModel):
    """A frozen part of the contract; an unknown field is an error, not a guess."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Lifecycle(Clause):
    """When a sandbox is born and when it ends."""

    mode: Literal["session", "ephemeral"] = "session"
    """`session` keeps variables between calls; `ephemeral` gives each turn a fresh sandbox."""
    idle_seconds: int = Field(900, ge=10, le=86_400)
    max_seconds: int = Field(3_600, ge=10, le=86_400)

    @model_validator(mode="after")
    def _idle_within_max(self) -> Self:
        if self.idle_seconds > self.max_seconds:
            raise ValueError("The idle time can't be longer than the longest life of a sandbox.")
        return self


class Concurrency(Clause):
    """The most sandboxes that may be alive at once."""

    per_user: int = Field(3, ge=1, le=100)
    per_deployment: int = Field(8, ge=1, le=1_100)


class Network(Clause):
    """What code in the sandbox may reach."""

    mode: Literal["deny", "allowlist", "open"] = "deny"
    domains: tuple[str, ...] = ()
    """Hosts that an allowlist lets through, such as `example.org` or `*.example.org`.

    A star stands for sub-domains only. A port may follow (`example.org:8443`); without one, 80 and 443 are meant.
    """

    @field_validator("domains")
    @classmethod
    def _domains_are_names(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        lowered = tuple(dict.fromkeys(domain.strip().lower() for domain in domains))
        for domain in lowered:
            if not _DOMAIN.match(domain) or int(domain.partition(":")[2] or 1) > _MOST_PORT:
                raise ValueError(f"{domain!r} is not a domain name such as example.org or *.example.org.")
        return lowered

    @model_validator(mode="after")
    def _allowlist_names_a_host(self) -> Self:
        if self.mode == "allowlist" and not self.domains:
            raise ValueError("An allowlist needs at least one domain; to allow none, choose 'deny'.")
        return self


class Filesystem(Clause):
    """What the sandbox may store."""

    storage: Literal["ephemeral", "volume"] = "ephemeral"
    disk_mib: int = Field(512, ge=16, le=1_048_576)
    largest_file_mib: int = Field(200, ge=1, le=1_048_576)
    largest_artifact_mib: int = Field(50, ge=1, le=4_096)


class Resources(Clause):
    """What the sandbox may use of the machine."""

    vcpus: float = Field(1.0, ge=0.1, le=64)
    memory_mib: int = Field(1_024, ge=256, le=262_144)
    processes: int = Field(64, ge=4, le=4_096)


class Timeout(Clause):
    """How long one call, and one whole turn, may take."""

    call_seconds: int = Field(60, ge=1, le=86_400)
    turn_seconds: int = Field(600, ge=1, le=86_400)


class Billing(Clause):
    """What sandbox time costs and how much may be spent."""

    rate_card: RateCardName = "local"
    conversation_budget_usd: Dollars = Decimal("1.00")
    daily_budget_usd: Dollars = Decimal("10.00")


class Languages(Clause):
    """Which languages the agent may run."""

    allowed: tuple[Language, ...] = ("python", "bash")

    @field_validator("allowed")
    @classmethod
    def _at_least_one(cls, allowed: tuple[Language, ...]) -> tuple[Language, ...]:
        if not allowed:
            raise ValueError("Allow at least one language.")
        return tuple(language for language in LANGUAGES if language in allowed)


class Contract(Clause):
    """What a sandbox may do: the whole document."""

    name: str = Field("Team analysis", min_length=1, max_length=80)
    provider: ProviderName = "local"
    lifecycle: Lifecycle = Lifecycle()
    concurrency: Concurrency = Concurrency()
    network: Network = Network()
    filesystem: Filesystem = Filesystem()
    resources: Resources = Resources()
    timeout: Timeout = Timeout()
    billing: Billing = Billing()
    languages: Languages = Languages()
