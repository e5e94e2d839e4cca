"""Hypothesis strategies for the values that everything else passes around."""

from datetime import UTC
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st
from pydantic import BaseModel

from agent_core import events as ev
from agent_core.contract import (
    LANGUAGES,
    PROVIDERS,
    Billing,
    Concurrency,
    Contract,
    Filesystem,
    Languages,
    Lifecycle,
    Network,
    Resources,
    Timeout,
)
from agent_core.errors import ErrorKind

texts = st.text(max_size=40)
counts = st.integers(0, 2**40)
seconds = st.floats(0, 1e7, allow_nan=False)
moments = st.datetimes(timezones=st.just(UTC))
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
error_kinds = st.sampled_from(get_args(ErrorKind))
money = st.decimals(0, 100_000, places=6, allow_nan=False).map(lambda value: Decimal(str(value)))
domains = st.from_regex(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\.){1,3}[a-z]{2,6}", fullmatch=True)


def _unique(elements: st.SearchStrategy[Any], most: int = 3, least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(elements, min_size=least, max_size=most, unique=True).map(tuple)


def _networks() -> st.SearchStrategy[Network]:
    free = st.builds(Network, mode=st.sampled_from(["deny", "open"]), domains=_unique(domains))
    return free | st.builds(Network, mode=st.just("allowlist"), domains=_unique(domains, least=1))


def _lifecycles() -> st.SearchStrategy[Lifecycle]:
    idle_and_max = st.lists(st.integers(10, 86_400), min_size=2, max_size=2).map(sorted)
    modes = st.sampled_from(["session", "ephemeral"])
    return st.builds(
        lambda mode, pair: Lifecycle(mode=mode, idle_seconds=pair[0], max_seconds=pair[1]), modes, idle_and_max
    )


contracts: st.SearchStrategy[Contract] = st.builds(
    Contract,
    name=st.text(min_size=1, max_size=80),
    provider=st.sampled_from(PROVIDERS),
    lifecycle=_lifecycles(),
    concurrency=st.builds(Concurrency, per_user=st.integers(1, 100), per_deployment=st.integers(1, 1_100)),
    network=_networks(),
    filesystem=st.builds(
        Filesystem,
        storage=st.sampled_from(["ephemeral", "volume"]),
        disk_mib=st.integers(16, 1_048_576),
        largest_file_mib=st.integers(1, 1_048_576),
        largest_artifact_mib=st.integers(1, 4_096),
    ),
    resources=st.builds(
        Resources,
        vcpus=st.floats(0.1, 64),
        memory_mib=st.integers(256, 262_144),
        processes=st.integers(4, 4_096),
    ),
    timeout=st.builds(Timeout, call_seconds=st.integers(1, 86_400), turn_seconds=st.integers(1, 86_400)),
    billing=st.builds(
        Billing,
        rate_card=st.sampled_from(["local", "e2b", "daytona", "claude"]),
        conversation_budget_usd=money,
        daily_budget_usd=money,
    ),
    languages=st.builds(Languages, allowed=_unique(st.sampled_from(LANGUAGES), 4, 1)),
)

columns: st.SearchStrategy[ev.ColumnProfile] = st.builds(
    ev.ColumnProfile, name=texts, missing=counts, distinct=st.none() | counts, samples=_unique(texts)
)
tables: st.SearchStrategy[ev.TableProfile] = st.builds(
    ev.TableProfile,
    name=texts,
    rows=counts,
    columns=_unique(columns),
    read_with=texts,
    preview=_unique(_unique(texts)),
)
profiles: st.SearchStrategy[ev.FileProfile] = st.builds(
    ev.FileProfile, tables=_unique(tables, 2), problem=st.none() | texts
)
uploads: st.SearchStrategy[ev.Upload] = st.builds(ev.Upload, name=texts, size=counts, sha256=hashes)
artifacts: st.SearchStrategy[ev.Artifact] = st.builds(
    ev.Artifact, sha256=hashes, size=counts, full_data=st.none() | hashes, full_data_size=st.none() | counts
)

_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": moments,
    "upload": uploads,
    "profile": st.none() | profiles,
    "contract": contracts,
    "artifacts": _unique(artifacts),
    "seconds": seconds,
    "delay_seconds": seconds,
    "vcpus": st.floats(0, 64),
    "model_cost_usd": money,
}

EVENT_TYPES: tuple[type[BaseModel], ...] = get_args(get_args(ev.Event)[0])


def events_of(kind: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Every event of one kind, with every field drawn."""
    fields = {
        name: _FIELDS[name] if name in _FIELDS else st.from_type(field.annotation or str)
        for name, field in kind.model_fields.items()
    }
    return st.builds(kind, **fields)


events: st.SearchStrategy[ev.Event] = st.one_of([events_of(kind) for kind in EVENT_TYPES])
