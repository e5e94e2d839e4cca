"""Edits at random against one running conversation: none is lost, none widens, and what is recorded is enforced."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import ValidationError

from agent_core.contract import Contract, standard
from agent_core.errors import ClauseRefused
from agent_core.events import (
    CodeFinished,
    CodeStarted,
    ContractChanged,
    ContractDenied,
    Event,
    SandboxAmended,
    SandboxOpened,
)
from agent_core.session import Conversation, Deployment
from tests.session.conftest import OWNER, ask, ended, settle, wait_for
from tests.session.conftest import settings as environment
from tests.session.test_live import running

MIB = 1 << 20
LEAST_EDITS = 500
EDITS_A_RUN = 20
"""Running code takes a thousand times as long as an edit."""

NUMBERS: dict[str, tuple[int, int]] = {
    "lifecycle.idle_seconds": (300, 900),
    "lifecycle.max_seconds": (300, 3_600),
    "concurrency.per_user": (1, 3),
    "concurrency.per_deployment": (2, 8),
    "filesystem.disk_mib": (64, 256),
    "filesystem.largest_file_mib": (8, 128),
    "filesystem.largest_artifact_mib": (1, 50),
    "resources.memory_mib": (512, 1_024),
    "resources.processes": (32, 96),
    "timeout.call_seconds": (1, 20),
    "timeout.turn_seconds": (60, 600),
    "billing.conversation_budget_usd": (0, 5),
    "billing.daily_budget_usd": (0, 9),
}
CHOICES: dict[str, tuple[str, ...]] = {
    "lifecycle.mode": ("session", "ephemeral"),
    "network.mode": ("deny",),
    "filesystem.storage": ("ephemeral",),
    "billing.rate_card": ("local",),
}
LISTS: dict[str, tuple[str, ...]] = {
    "network.domains": ("example.org", "data.example.org"),
    "languages.allowed": ("python", "bash"),
}
"""The policy in this test's own words, so that what it forbids is told apart here without the code under test."""

BEYOND: dict[str, tuple[str, ...]] = {
    "lifecycle.mode": ("session", "ephemeral"),
    "network.mode": ("deny", "allowlist", "open"),
    "filesystem.storage": ("ephemeral", "volume"),
    "billing.rate_card": ("local", "e2b", "daytona"),
    "network.domains": ("example.org", "data.example.org", "example.net", "*.example.org"),
    "languages.allowed": ("python", "bash", "javascript", "r"),
}

PROBE = """
import json, os, resource
disk = os.statvfs('/work')
print(json.dumps({
    'largest_file': resource.getrlimit(resource.RLIMIT_FSIZE)[0],
    'data': resource.getrlimit(resource.RLIMIT_DATA)[0],
    'processes': resource.getrlimit(resource.RLIMIT_NPROC)[0],
    'disk': disk.f_blocks * disk.f_frsize,
}))
"""


def policy() -> str:
    lines: dict[str, list[str]] = {}
    bounds = {path: f"{{minimum: {least}, maximum: {most}}}" for path, (least, most) in NUMBERS.items()}
    bounds |= {path: f"[{', '.join(values)}]" for path, values in (CHOICES | LISTS).items()}
    for path, bound in bounds.items():
        clause, field = path.split(".")
        lines.setdefault(clause, []).append(f"  {field}: {bound}")
    return "provider: [local]\n" + "\n".join(f"{clause}:\n" + "\n".join(fields) for clause, fields in lines.items())


def forbidden(contract: Contract) -> bool:
    values = {path: value_of(contract, path) for path in (*NUMBERS, *CHOICES, *LISTS)}
    return (
        contract.provider != "local"
        or any(not least <= values[path] <= most for path, (least, most) in NUMBERS.items())
        or any(values[path] not in allowed for path, allowed in CHOICES.items())
        or any(not set(values[path]) <= set(allowed) for path, allowed in LISTS.items())
    )


def value_of(contract: Contract, path: str) -> Any:
    clause, field = path.split(".")
    return getattr(getattr(contract, clause), field)


def one_field() -> st.SearchStrategy[tuple[str, Any]]:
    """A field and a value for it, within the policy more often than beyond it."""
    numbers = [
        st.tuples(st.just(path), st.integers(least, most) | st.integers(max(1, least // 2), most * 2))
        for path, (least, most) in NUMBERS.items()
    ]
    choices = [st.tuples(st.just(path), st.sampled_from(BEYOND[path])) for path in CHOICES]
    lists = [
        st.tuples(st.just(path), st.lists(st.sampled_from(BEYOND[path]), unique=True, max_size=3).map(tuple))
        for path in LISTS
    ]
    return st.one_of(*numbers, *choices, *lists, st.tuples(st.just("provider"), st.sampled_from(["local", "e2b"])))


def changed(contract: Contract, path: str, value: Any) -> Contract | None:
    """The contract with one field changed; None where that makes no contract."""
    whole = contract.model_dump()
    clause, _, field = path.partition(".")
    if field:
        whole[clause][field] = Decimal(value) if field.endswith("_usd") else value
    else:
        whole[clause] = value
    try:
        return Contract.model_validate(whole)
    except ValidationError:
        return None


class Edits(RuleBasedStateMachine):
    """All examples share the conversation and begin with the same contract."""

    conversation: ClassVar[Conversation]
    asked: ClassVar[int] = 0
    refused: ClassVar[int] = 0
    runs: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        self.conversation.amend(standard(self.conversation.ceiling))
        snapshot = self.conversation.snapshot()
        self.contract, self.version, self.seen = snapshot.contract, snapshot.contract_version, snapshot.last
        self.edits_since_a_run = 0

    @rule(edits=st.lists(one_field(), min_size=3, max_size=9))
    def edit(self, edits: list[tuple[str, Any]]) -> None:
        """One after the other, as fast as they can be made."""
        for path, value in edits:
            if (wanted := changed(self.contract, path, value)) is not None:
                self.amend(wanted)

    @rule(number=st.integers(0, 2**16))
    def undo(self, number: int) -> None:
        """Back to any version that was ever in force."""
        versions = self.events(ContractChanged)
        self.amend(versions[number % len(versions)].contract)

    @rule(names=st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=2, max_size=4, unique=True))
    def edit_from_many_tabs_at_once(self, names: list[str]) -> None:
        """Whoever comes last wins; every one of them is a version."""
        contracts = [self.contract.model_copy(update={"name": f"{name} {self.version}"}) for name in names]
        Edits.asked += len(contracts)
        with ThreadPoolExecutor(len(contracts)) as pool:
            versions = list(pool.map(self.conversation.amend, contracts))
        assert sorted(versions) == list(range(self.version + 1, self.version + len(names) + 1))
        self.version += len(names)
        recorded = {event.version: event.contract for event in self.events(ContractChanged)}
        assert [recorded[version] for version in versions] == contracts
        self.contract = recorded[self.version]

    @precondition(lambda self: self.edits_since_a_run >= EDITS_A_RUN)
    @rule()
    def run_and_look_inside(self) -> None:
        """The version of the run is the one in force, and its limits are those that the code finds."""
        if "python" not in self.contract.languages.allowed:
            return self.expect_refusal("```python\n1\n```")
        events = self.ask(f"```python\n{PROBE}\n```")
        (started,), (finished,) = self.of(events, CodeStarted), self.of(events, CodeFinished)
        if finished.error == "timeout" and self.contract.timeout.call_seconds <= 3:
            return None
        assert finished.error is None, finished
        Edits.runs += 1
        assert started.contract_version == self.version
        limits = [event for event in self.events() if isinstance(event, SandboxOpened | SandboxAmended)][-1]
        assert limits.contract_version == self.version
        self.enforced(json.loads(finished.stdout), limits)
        return None

    @precondition(lambda self: self.edits_since_a_run >= EDITS_A_RUN and self.contract.timeout.call_seconds <= 2)
    @rule()
    def run_beyond_the_time_limit(self) -> None:
        """The limit that a call is stopped by is that of the version that it records."""
        if "python" in self.contract.languages.allowed:
            events = self.ask("```python\nimport time; time.sleep(9)\n```")
            (started,), (finished,) = self.of(events, CodeStarted), self.of(events, CodeFinished)
            assert (started.contract_version, finished.error) == (self.version, "timeout")
            assert f"the contract allows {self.contract.timeout.call_seconds} s a call" in finished.message

    @precondition(lambda self: self.edits_since_a_run >= EDITS_A_RUN and "bash" not in self.contract.languages.allowed)
    @rule()
    def run_in_a_language_that_is_not_allowed(self) -> None:
        self.expect_refusal("```bash\necho must not run\n```")

    @invariant()
    def nothing_is_lost(self) -> None:
        if not hasattr(self, "version"):
            return
        snapshot = self.conversation.snapshot(self.seen)
        new = [one.event for one in snapshot.events if isinstance(one.event, ContractChanged)]
        assert (snapshot.contract, snapshot.contract_version) == (self.contract, self.version)
        assert [event.version for event in new] == list(range(self.version - len(new) + 1, self.version + 1))
        assert not forbidden(snapshot.contract)
        self.seen = snapshot.last

    def amend(self, wanted: Contract) -> None:
        before = self.conversation.snapshot().last
        Edits.asked += 1
        self.edits_since_a_run += 1
        if wanted == self.contract:
            assert self.conversation.amend(wanted) == self.version
        elif forbidden(wanted):
            with pytest.raises(ClauseRefused) as refusal:
                self.conversation.amend(wanted)
            assert "set by the operator's policy" in str(refusal.value)
            Edits.refused += 1
            assert self.conversation.snapshot().contract_version == self.version
        else:
            self.version = self.conversation.amend(wanted)
            stored = [one.event for one in self.conversation.snapshot(before).events]
            (event,) = [one for one in stored if isinstance(one, ContractChanged)]
            assert (event.version, event.contract) == (self.version, wanted)
            self.contract = wanted

    def ask(self, text: str) -> list[Event]:
        self.edits_since_a_run = 0
        return ask(self.conversation, text)

    def expect_refusal(self, text: str) -> None:
        events = self.ask(text)
        (denied,) = self.of(events, ContractDenied)
        assert (denied.clause, denied.version) == ("languages", self.version)
        assert [event.stdout for event in self.of(events, CodeFinished)] == [""]

    def enforced(self, found: dict[str, int], limits: SandboxOpened | SandboxAmended) -> None:
        """What holds now is as the version says; what waits for the next sandbox is within the policy."""
        pending = limits.pending if isinstance(limits, SandboxAmended) else ()
        files, resources = self.contract.filesystem, self.contract.resources
        wanted = {
            "largest_file": ("filesystem", files.largest_file_mib * MIB),
            "disk": ("filesystem", files.disk_mib * MIB),
            "data": ("resources", resources.memory_mib * MIB - 8 * MIB),
            "processes": ("resources", resources.processes),
        }
        most = {"largest_file": 128 * MIB, "disk": 256 * MIB, "data": 1_016 * MIB, "processes": 96}
        for name, (clause, value) in wanted.items():
            assert found[name] <= most[name]
            if name != "disk":
                assert found[name] <= value or clause in pending
            if clause not in pending:
                assert found[name] == value, (name, found, limits)

    def events(self, kind: type | None = None) -> list[Any]:
        found = [one.event for one in self.conversation.snapshot().events]
        return found if kind is None else self.of(found, kind)

    @staticmethod
    def of(events: list[Event], kind: type) -> list[Any]:
        return [event for event in events if isinstance(event, kind)]


@pytest.fixture(scope="module")
def edited_conversation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    home: Path = tmp_path_factory.mktemp("edits") / "home"
    home.mkdir()
    (home / "policy.yaml").write_text(policy())
    deployment = Deployment(environment(home))
    yield deployment.create(OWNER)
    deployment.close()


def test_500_random_edits_lose_nothing_widen_nothing_and_are_what_is_enforced(
    edited_conversation: Conversation,
) -> None:
    """At least 500 edits against a running sandbox, under a policy that forbids many of them."""
    Edits.conversation = edited_conversation
    bounded = settings(
        max_examples=6,
        stateful_step_count=50,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Edits, settings=bounded)
    print(f"{Edits.asked} edits, {Edits.refused} refused, {Edits.runs} looks inside")
    assert Edits.asked >= LEAST_EDITS
    assert Edits.refused >= 50
    assert Edits.runs >= 10


def test_an_edit_in_the_middle_of_a_call_holds_at_once(edited_conversation: Conversation) -> None:
    """The call that runs keeps the version that it recorded, and is stopped by the shorter limit as the next one is."""
    conversation = edited_conversation
    begins = Contract.model_validate(
        conversation.snapshot().contract.model_dump()
        | {"languages": {"allowed": ("python",)}, "timeout": {"call_seconds": 20, "turn_seconds": 600}}
    )
    version = conversation.amend(begins)
    before = conversation.snapshot().last
    conversation.ask("```python\nimport time\nprint('tick', flush=True)\ntime.sleep(19)\n```")
    wait_for(lambda: running(conversation))
    shorter = begins.model_copy(update={"timeout": begins.timeout.model_copy(update={"call_seconds": 1})})
    assert conversation.amend(shorter) == version + 1
    settle(conversation)
    events = [one.event for one in conversation.snapshot(before).events]
    (started,), (finished,) = Edits.of(events, CodeStarted), Edits.of(events, CodeFinished)
    assert (started.contract_version, finished.error) == (version, "timeout")
    (denied,) = [event for event in events if isinstance(event, ContractDenied)]
    assert (denied.clause, denied.version) == ("timeout", version + 1)
    following = ask(conversation, "```python\nimport time; time.sleep(9)\n```")
    (started,), (finished,) = Edits.of(following, CodeStarted), Edits.of(following, CodeFinished)
    assert (started.contract_version, finished.error) == (version + 1, "timeout")
    assert ended(following).outcome in {"done", "failed"}
