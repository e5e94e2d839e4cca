from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from pydantic import BaseModel

from agent_core.contract import Contract, Languages, Network, changed_clauses, changes
from agent_core.contract.terms import CLAUSES, TERMS, flat
from tests.strategies import contracts

OTHER: dict[str, tuple[Any, str]] = {
    "name": ("Mine", "The name of the contract went from “Team analysis” to “Mine”."),
    "provider": ("e2b", "The provider of sandboxes went from this machine to E2B."),
    "lifecycle.mode": ("ephemeral", "The life of a sandbox went from a whole session to a single turn."),
    "lifecycle.idle_seconds": (60, "The idle time before a sandbox closes went from 15 min to 60 s."),
    "lifecycle.max_seconds": (7_200, "The longest life of a sandbox went from 1 h to 2 h."),
    "concurrency.per_user": (1, "The number of sandboxes for one person went from 3 to 1."),
    "concurrency.per_deployment": (9, "The number of sandboxes for everybody together went from 8 to 9."),
    "network.mode": ("open", "The access to the network went from none to open."),
    "network.domains": (("example.org",), "example.org was added to the allowed domains."),
    "filesystem.storage": (
        "volume",
        "The place for files went from the sandbox itself to a lasting volume for each person.",
    ),
    "filesystem.disk_mib": (1_024, "The disk quota went from 512 MiB to 1 GiB."),
    "filesystem.largest_file_mib": (1, "The limit for one file went from 200 MiB to 1 MiB."),
    "filesystem.largest_artifact_mib": (1, "The limit for one artifact went from 50 MiB to 1 MiB."),
    "resources.vcpus": (0.5, "The number of vCPUs went from 1 to 0.5."),
    "resources.memory_mib": (1_536, "The memory limit went from 1 GiB to 1536 MiB."),
    "resources.processes": (8, "The number of processes went from 64 to 8."),
    "timeout.call_seconds": (120, "The time limit for a call went from 60 s to 120 s."),
    "timeout.turn_seconds": (601, "The time limit for a turn went from 10 min to 601 s."),
    "billing.rate_card": ("daytona", "The rate card went from this machine to Daytona."),
    "billing.conversation_budget_usd": (Decimal("0.0042"), "The budget of a conversation went from $1.00 to $0.0042."),
    "billing.daily_budget_usd": (Decimal("12.5"), "The budget of a day went from $10.00 to $12.50."),
    "languages.allowed": (("python",), "Bash was taken out of the allowed languages."),
}


def model_paths(model: type[BaseModel], prefix: str = "") -> set[str]:
    paths: set[str] = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            paths |= model_paths(inner, f"{prefix}{name}.")
        else:
            paths.add(prefix + name)
    return paths


def changed(path: str, value: Any) -> Contract:
    clause, _, field = path.partition(".")
    inner: Any = {**getattr(Contract(), clause).model_dump(), field: value} if field else value
    return Contract.model_validate({clause: inner})


def test_no_field_of_the_contract_is_forgotten() -> None:
    assert {term.path for term in TERMS} == model_paths(Contract) == set(OTHER) == set(flat(Contract()))
    assert {term.clause for term in TERMS} == set(CLAUSES) == set(Contract.model_fields)
    assert len({term.label for term in TERMS}) == len(TERMS)


@pytest.mark.parametrize("path", sorted(OTHER))
def test_each_change_is_one_plain_sentence_and_one_clause(path: str) -> None:
    value, sentence = OTHER[path]
    new = changed(path, value)
    assert changes(Contract(), new) == (sentence,)
    assert changed_clauses(Contract(), new) == {path.partition(".")[0]}


def test_several_domains_and_languages_move_at_once() -> None:
    old = Contract(network=Network(domains=("a.org", "b.org")))
    new = Contract(network=Network(domains=("b.org", "c.org", "d.org", "e.org")), languages=Languages(allowed=("r",)))
    assert changes(old, new) == (
        "c.org, d.org and e.org were added to the allowed domains.",
        "a.org was taken out of the allowed domains.",
        "R was added to the allowed languages.",
        "Python and Bash were taken out of the allowed languages.",
    )


def test_another_order_of_domains_is_a_change_too() -> None:
    old, new = (Contract(network=Network(domains=domains)) for domains in (("a.org", "b.org"), ("b.org", "a.org")))
    assert changes(old, new) == ("The order of the allowed domains changed.",)


@given(contracts, contracts)
def test_there_are_sentences_exactly_when_contracts_differ(old: Contract, new: Contract) -> None:
    sentences = changes(old, new)
    assert bool(sentences) == (old != new) == bool(changed_clauses(old, new))
    assert all(sentence.endswith(".") for sentence in sentences)
    assert changes(old, old) == ()
