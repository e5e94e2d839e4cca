"""A Deployment that plays a script: real events and real drafts, one step at a time, without a sandbox."""

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from agent_core.billing.meter import Cost
from agent_core.contract import (
    Contract,
    Language,
    PlannerSettings,
    ProviderName,
    changed_clauses,
    changes,
    check,
    effect,
    planner_changes,
)
from agent_core.contract.ceiling import NO_CEILING
from agent_core.events import (
    AgentSaid,
    CodeFinished,
    CodeStarted,
    ColumnProfile,
    ContractChanged,
    Event,
    FileProfile,
    FileRemoved,
    FileUploaded,
    PlannerChanged,
    SandboxClosed,
    SandboxOpened,
    TableProfile,
    Upload,
    UserAsked,
)
from agent_core.files.samples import SAMPLES
from agent_core.session import (
    Conversation,
    ConversationSummary,
    Deployment,
    Draft,
    IncomingFile,
    SandboxState,
    Snapshot,
)
from agent_core.session.audit import AuditEntry, audit
from agent_core.session.offer import PlannerOffer
from agent_core.session.spend import Spend, spend
from agent_core.session.values import Closing
from agent_core.session.variables import Variable
from agent_core.storage.events import OwnedEvent, StoredEvent
from agent_core.storage.people import Person
from tests.screen import turns
from tests.screen.scripted_keys import ScriptedKeys
from tests.screen.scripted_library import ScriptedLibrary
from tests.screen.scripted_validations import ScriptedValidations

SUGGESTIONS = (
    "What is the average body mass by species?",
    "Show the trend of flipper length over the years",
    "Which columns have missing values?",
)
Step = Event | Draft


class ScriptedConversation(Conversation):
    """Plays `turns.script` for what is asked. With a pace it plays by itself; without one, `play` does it."""

    def __init__(self, conversation_id: str, owner: str, contract: Contract, pace: float) -> None:
        self.id = conversation_id
        self.ceiling = NO_CEILING
        self.owner = owner
        self.title = ""
        self.stopped = 0
        self.ran: list[tuple[str, Language]] = []
        self._pace = pace
        self._lock = threading.RLock()
        self._events: list[StoredEvent] = []
        self._steps: Iterator[Step] = iter(())
        self._draft: Draft | None = None
        self._busy = False
        self._contract = contract
        self._version = 1
        self._sandbox = SandboxState("none")
        self._used_at = datetime.now(UTC)
        self._blobs: dict[str, bytes] = {}
        self.withheld = ""
        self.offered: PlannerOffer | None = None
        self._planning = PlannerSettings(model="claude-sonnet-4-6")
        self.tell(ContractChanged(version=1, contract=self._contract))

    @property
    def offer(self) -> PlannerOffer | None:
        return self.offered

    @property
    def planning(self) -> PlannerSettings:
        return self._planning

    @property
    def planner_label(self) -> str:
        return "Built-in analyst" if self.offered is None else f"Claude ({self._planning.model})"

    def plan(self, settings: PlannerSettings) -> None:
        assert self.offered is not None
        self.offered.check(settings)
        if sentences := planner_changes(self._planning, settings):
            self.tell(PlannerChanged(settings=settings, changes=sentences))
            self._planning = settings

    def keep(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self._blobs[sha256] = data
        return sha256

    def tell(self, event: Event) -> None:
        with self._lock:
            self._events.append(StoredEvent(len(self._events) + 1, event))
            if isinstance(event, SandboxOpened):
                self._sandbox = SandboxState("idle", event.sandbox, event.at, event.contract_version)
            if isinstance(event, SandboxClosed):
                self._sandbox = SandboxState("none")

    def snapshot(self, after: int = 0) -> Snapshot:
        with self._lock:
            return Snapshot(
                events=tuple(self._events[after:]),
                last=len(self._events),
                busy=self._busy,
                draft=self._draft,
                contract=self._contract,
                contract_version=self._version,
                sandbox=self._sandbox,
                cost=self._cost(),
                closing=self._closing(),
                withheld=self.withheld,
                suggestions=SUGGESTIONS if any(_is_file(stored.event) for stored in self._events) else (),
            )

    def listen(self, heard: int, seconds: float) -> int:
        del seconds
        return heard + 1

    def _closing(self) -> Closing | None:
        if self._busy or self._sandbox.opened_at is None:
            return None
        lifecycle = self._contract.lifecycle
        rested = self._used_at + timedelta(seconds=lifecycle.idle_seconds)
        lived = self._sandbox.opened_at + timedelta(seconds=lifecycle.max_seconds)
        return Closing(min(rested, lived), extendable=rested < lived)

    def extend(self) -> None:
        self._used_at = datetime.now(UTC)

    def _cost(self) -> Cost:
        opened = self._sandbox.opened_at
        return Cost(
            sandbox_seconds=12.0,
            sandbox_usd=Decimal("0.0123"),
            model_usd=Decimal("0.0410"),
            running_since=opened.timestamp() if opened else None,
            usd_per_second=Decimal("0.000028"),
        )

    def ask(self, text: str, files: Sequence[IncomingFile] = ()) -> bool:
        if self._busy:
            return False
        self.upload(files)
        self.title = self.title or text[:60]
        self._busy = True
        names = tuple(file.name for file in files)
        turn = f"turn-{len(self._events)}"
        self.tell(UserAsked(turn=turn, text=text, files=names, contract_version=self._version))
        self._steps = turns.script(text, turn, self)
        if self._pace:
            threading.Thread(target=self.play, daemon=True).start()
        return True

    def play(self, most: int = 1_000) -> None:
        """Take the next steps of the script."""
        for _ in range(most):
            step = next(self._steps, None)
            if step is None:
                break
            time.sleep(self._pace)
            if not self._busy:
                return
            if isinstance(step, Draft):
                self._draft = step
                self._phase("running" if step.running else "idle")
            else:
                with self._lock:
                    self._settle(step)
                    self.tell(step)
        else:
            return
        self._draft, self._busy = None, False
        self._phase("idle")

    def _settle(self, event: Event) -> None:
        """What is an event is no draft any more."""
        if self._draft is None:
            return
        match event:
            case AgentSaid():
                self._draft = replace(self._draft, text="")
            case CodeStarted():
                self._draft = replace(self._draft, code="", running=event.run)
            case CodeFinished():
                self._draft = replace(self._draft, running=None, output="")

    def _phase(self, phase: str) -> None:
        if self._sandbox.phase != "none":
            self._sandbox = replace(self._sandbox, phase="running" if phase == "running" else "idle")

    def upload(self, files: Sequence[IncomingFile]) -> bool:
        for file in files:
            data = file.content.read()
            if file.size > self._contract.filesystem.largest_file_mib << 20 or file.name.startswith("huge"):
                self.tell(turns.refused(file.name, self._contract.filesystem.largest_file_mib))
            else:
                self.tell(_uploaded(file.name, len(data), self.keep(data)))
        return True

    def add_sample(self, name: str) -> None:
        sample = next(sample for sample in SAMPLES if sample.name == name)
        data = sample.path.read_bytes()
        self.tell(_uploaded(sample.file_name, len(data), self.keep(data)))

    def remove_file(self, name: str) -> None:
        self.tell(FileRemoved(name=name))

    def run_code(self, code: str, language: Language, told: object = None) -> bool:
        self.ran.append((code, language))
        return True

    def variables(self) -> tuple[Variable, ...] | None:
        return (Variable("<b>table</b>", "DataFrame", "344 rows × 8 columns"),)

    def stop(self) -> None:
        if self._busy:
            self.stopped += 1
            self._busy, self._draft = False, None
            self.tell(turns.ended("turn", "stopped"))

    def amend(self, contract: Contract, by: str = "you") -> int:
        if contract == self._contract:
            return self._version
        check(contract)
        waiting = {clause for clause in changed_clauses(self._contract, contract) if effect("local", clause) == "next"}
        sentences = changes(self._contract, contract)
        self._contract, self._version = contract, self._version + 1
        if self._sandbox.phase != "none":
            self._sandbox = replace(self._sandbox, pending=self._sandbox.pending | waiting)
        self.tell(ContractChanged(version=self._version, contract=contract, by=by, changes=sentences))
        return self._version

    def restart_sandbox(self) -> None:
        if self._sandbox.id:
            self.tell(SandboxClosed(sandbox=self._sandbox.id, reason="contract_changed", seconds=41.0))

    def rename(self, title: str) -> None:
        self.title = title

    def read_artifact(self, sha256: str) -> bytes:
        return self._blobs[sha256]


class ScriptedDeployment(Deployment):
    """Conversations in memory."""

    def __init__(self, pace: float = 0.0) -> None:
        self.pace = pace
        self.all: dict[str, ScriptedConversation] = {}
        self.validations = ScriptedValidations()
        self.library = ScriptedLibrary(lambda: {one.id: one.title for one in self.all.values()})
        self.keys = ScriptedKeys()

    @property
    def planner_label(self) -> str:
        return "Built-in analyst"

    @property
    def builtin(self) -> bool:
        return True

    def conversations(self, owner: str, most: int | None = None) -> tuple[ConversationSummary, ...]:
        now = datetime.now(UTC)
        found = [conversation for conversation in reversed(self.all.values()) if conversation.owner == owner]
        pinned = self.library.pinned
        if most:
            found = sorted(found, key=lambda one: not pinned.get(one.id, False))[:most]
        return tuple(
            ConversationSummary(c.id, c.title, now, busy=c.snapshot().busy, pinned=pinned.get(c.id, False))
            for c in found
        )

    def audit(self, owner: str) -> tuple[AuditEntry, ...]:
        return audit(self._owned(owner), self._titles(owner))

    def spend(self, owner: str) -> Spend:
        return spend(self._owned(owner), self._titles(owner), datetime.now(UTC))

    def operates(self, person: Person) -> bool:
        return False

    def _titles(self, owner: str) -> dict[str, str]:
        return {one.id: one.title for one in self.all.values() if one.owner == owner}

    def _owned(self, owner: str) -> list[OwnedEvent]:
        return [
            OwnedEvent(one.id, stored.seq, stored.event)
            for one in self.all.values()
            if one.owner == owner
            for stored in one.snapshot().events
        ]

    def create(self, owner: str, contract: Contract | None = None) -> ScriptedConversation:
        made = ScriptedConversation(f"c{len(self.all) + 1}", owner, contract or Contract(), self.pace)
        self.all[made.id] = made
        return made

    def get(self, conversation_id: str, owner: str) -> ScriptedConversation:
        found = self.all[conversation_id]
        if found.owner != owner:
            raise KeyError(conversation_id)
        return found

    def delete(self, conversation_id: str, owner: str) -> None:
        del self.all[self.get(conversation_id, owner).id]

    def unavailable(self, name: ProviderName, owner: str) -> str | None:
        return (
            None if name == "local" or self.keys.state(owner, name).whose else f"Set {name.upper()}_API_KEY to use it."
        )

    def close(self) -> None:
        for conversation in self.all.values():
            conversation.stop()


def _is_file(event: Event) -> bool:
    return isinstance(event, FileUploaded)


def _uploaded(name: str, size: int, sha256: str) -> FileUploaded:
    upload = Upload(name=name, size=size, sha256=sha256)
    if not name.endswith(".csv"):
        problem = "It isn't a table that pandas can read; its bytes are in the sandbox all the same."
        return FileUploaded(upload=upload, profile=FileProfile(problem=problem))
    columns = (
        ColumnProfile(name="species", kind="category", distinct=3),
        ColumnProfile(name="island", kind="category", distinct=3),
        ColumnProfile(name="body_mass_g", kind="number", missing=2, minimum="2700", maximum="6300"),
        ColumnProfile(name="year", kind="integer", minimum="2007", maximum="2009"),
    )
    preview = (("Adelie", "Torgersen", "3750", "2007"), ("Adelie", "Torgersen", "3800", "2007"))
    table = TableProfile(name="", rows=344, columns=columns, read_with=f"pd.read_csv('inputs/{name}')", preview=preview)
    return FileUploaded(upload=upload, profile=FileProfile(tables=(table,)))
