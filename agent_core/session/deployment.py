"""The composition root: one per process, held by the screen."""

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from weakref import WeakValueDictionary

import structlog

from agent_core.background import BackgroundLoop
from agent_core.billing.meter import METERED_KINDS
from agent_core.config import Settings
from agent_core.contract import Contract, ProviderName, read_policy, standard
from agent_core.contract.capabilities import check
from agent_core.contract.invalid import validated
from agent_core.errors import ProviderUnavailable, RingfenceError, StoreUnavailable
from agent_core.events import ContractChanged
from agent_core.sandbox.base import Provider
from agent_core.sandbox.providers import Opener
from agent_core.session.audit import AUDIT_KINDS, AuditEntry, audit
from agent_core.session.conversation import Conversation
from agent_core.session.gate import Gate
from agent_core.session.hold import Hold
from agent_core.session.keys import Keys
from agent_core.session.leased import Leased
from agent_core.session.library import Library
from agent_core.session.log import Log
from agent_core.session.operations import Operations
from agent_core.session.orphans import Orphans
from agent_core.session.planners import Planners
from agent_core.session.providers import Providers
from agent_core.session.reports import Reports
from agent_core.session.seat import Seat
from agent_core.session.spend import Spend, spend
from agent_core.session.spending import Ledger, Spending, Till
from agent_core.session.upkeep import Upkeep
from agent_core.session.validation import Validations
from agent_core.session.values import ConversationSummary
from agent_core.session.workspace import Workspace
from agent_core.storage.bucket import open_artifacts
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.drafts import Drafts
from agent_core.storage.errands import Errands, Purpose
from agent_core.storage.events import EventStore
from agent_core.storage.holders import this_process
from agent_core.storage.hosted_files import HostedFiles
from agent_core.storage.identity import deployment_id
from agent_core.storage.leases import Leases
from agent_core.storage.people import People, Person
from agent_core.storage.puts import NotedArtifacts, Puts
from agent_core.storage.requests import RequestBox
from agent_core.storage.sandboxes import SandboxLog
from agent_core.storage.seats import Seats
from agent_core.storage.workspaces import WorkspaceStore
from agent_core.telemetry import logs
from agent_core.telemetry.instruments import Instruments

_log = structlog.get_logger(__name__)

LOCAL_PERSON = Person("local")
"""Everybody, where nobody signs in: the app listens on this machine only then."""

_WARM_AFTER_SECONDS = 3.0
_CLOSE_SECONDS = 30
_ROOM_SECONDS = 2.0
"""How often another process is asked to close a sandbox that rests."""
_UNTITLED = "New conversation"


@dataclass(frozen=True, slots=True)
class Idle:
    """After how many seconds without use a conversation gives back what it holds."""

    planner: float = 60.0
    """Its SDK's process, about 220 MiB; resumed by the next turn."""
    memory: float = 300.0
    """Its place in memory, once it has no sandbox; read again from the store when it is next opened."""


class Deployment:
    """Everything that conversations share: the loop, the store, the providers, the endpoint."""

    def __init__(
        self,
        settings: Settings,
        providers: Mapping[ProviderName, Provider] | None = None,
        idle: Idle = Idle(),
    ) -> None:
        self.ceiling = read_policy(settings.policy)
        """The operator's bounds on every contract."""
        if not settings.builtin:
            self.ceiling.check_model(settings.model)
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._database = Database.open(settings.database_url)
        self._instruments = Instruments(settings)
        self._events = EventStore(self._database, self._instruments.observe)
        self._conversations = ConversationStore(self._database)
        self._sandboxes = SandboxLog(self._database)
        self._errands = Errands(self._database)
        self._ledger = Ledger(self._events, self._errands)
        self._people = People(self._database)
        self._workspaces = WorkspaceStore(self._database)
        self._artifacts = open_artifacts(settings.artifacts, settings.home)
        self._artifacts.check()
        self._puts = Puts(self._database)
        self._drafts = Drafts(self._database)
        self.library = Library(self._database, self._artifacts)
        """What a person does with conversations as a whole."""
        self._gate = Gate(Leases(self._database))
        self._settings = settings
        opener = Opener(deployment_id(self._database), this_process().label, HostedFiles(self._database))
        self._providers = Providers(settings, opener, providers)
        self._orphans = Orphans(self._sandboxes, self._errands, self._events, self._providers)
        self._idle = idle
        self._seats = Seats(self._database)
        self._requests = RequestBox(self._database)
        self._asked_for_room: dict[str, float] = {}
        self._open: dict[str, Conversation] = {}
        """Those that this process writes, which are looked after each second."""
        self._known: WeakValueDictionary[str, Conversation] = WeakValueDictionary()
        """The one object of each conversation that anybody still holds, such as a tab that is open but idle."""
        self._loop = BackgroundLoop()
        reports = Reports(self._database)
        reports.take_over(settings.home / "validations")
        self.validations = Validations(
            self._loop,
            leased=lambda owner, kind, name: self._leased(owner, kind, self._providers.get(name, owner)),
            account=self._providers.account,
            ceiling=self.ceiling,
            reports=reports,
        )
        """The runs of the Validate page."""
        self.keys = Keys(
            self._loop,
            self._providers,
            self.ceiling,
            leased=lambda owner, opened: self._leased(owner, "key", opened),
            reclaim=self._orphans.end_at,
            end=self._end_by,
            in_use=self._in_use,
        )
        """The keys that people bring."""
        self._planners = Planners(settings, self._database, self.ceiling, idle.planner)
        self._loop.run(self._planners.open(), _CLOSE_SECONDS)
        self._warming = self._loop.start(self._warm())
        self._reclaiming = self._loop.start(self._reclaim(dead=True))
        self._upkeep = Upkeep(
            self._loop,
            held=self._open,
            seats=self._seats,
            requests=self._requests,
            sandboxes=self._sandboxes,
            drafts=self._drafts,
            gate=self._gate,
            runs=(self.validations, self.keys),
            reclaim=self._reclaim,
        )

    @classmethod
    def start(cls, secrets: Mapping[str, str] | None = None) -> "Deployment":
        """Start from the environment, and from secrets for what it doesn't set.

        Raises RingfenceError with a sentence on what to set.
        """
        settings = Settings.from_environment(secrets=secrets or {})
        logs.configure(settings.logs, settings.secrets)
        return cls(settings)

    @property
    def planner_label(self) -> str:
        """Such as "Claude (claude-sonnet-4-6)" or "Built-in analyst"."""
        return self._planners.label(self._planners.offer.usual)

    @property
    def builtin(self) -> bool:
        """Whether the built-in analyst plans, because no key is set."""
        return self._planners.builtin

    def conversations(self, owner: str, most: int | None = None) -> tuple[ConversationSummary, ...]:
        """A person's conversations, newest first; of `most`, the pinned come before the others."""
        return tuple(
            ConversationSummary(
                row.id,
                row.title,
                row.updated_at,
                busy=row.id in self._open and self._open[row.id].busy,
                pinned=row.pinned,
            )
            for row in self._conversations.list(owner, most)
        )

    def audit(self, owner: str) -> tuple[AuditEntry, ...]:
        """What a person's contracts stopped and how they were changed, newest first."""
        return audit(self._events.owned(owner, AUDIT_KINDS), self._titles(owner))

    def spend(self, owner: str) -> Spend:
        """What a person's conversations have cost until now."""
        events = self._events.owned(owner, METERED_KINDS)
        return spend(events, self._titles(owner), datetime.now(UTC), self._errands.of(owner))

    def metrics(self) -> bytes | None:
        """Metrics in Prometheus' text format; None where the operator has not switched them on."""
        return None if self._instruments.metrics is None else self._instruments.metrics.text()

    def seen(self, person: Person) -> None:
        """Note who has signed in."""
        self._people.seen(person)

    def operates(self, person: Person) -> bool:
        """Whether a person is an operator: by an address that was verified, or because nobody signs in here."""
        return person == LOCAL_PERSON or person.email.lower() in self._settings.operators

    def operations(self, person: Person) -> Operations:
        """What an operator sees and does. Raises PermissionError for anybody else."""
        if not self.operates(person):
            raise PermissionError("Only an operator may see this.")
        return Operations(
            self._events,
            self._sandboxes,
            self._people,
            self._errands,
            end=self._end,
        )

    def create(self, owner: str, contract: Contract | None = None) -> Conversation:
        """Open a new conversation, under the deployment's standard contract unless another is given.

        Raises ClauseRefused for a contract that its provider can't enforce or the operator's policy forbids.
        """
        contract = contract or standard(self.ceiling)
        validated(contract.model_dump())
        self.ceiling.check(contract)
        check(contract)
        conversation_id = self._conversations.create(owner, _UNTITLED)
        self._events.append(conversation_id, ContractChanged(version=1, contract=contract))
        return self.get(conversation_id, owner)

    def get(self, conversation_id: str, owner: str) -> Conversation:
        """A person's own conversation. Raises KeyError for any other."""
        if self._conversations.owner_of(conversation_id) != owner:
            raise KeyError(conversation_id)
        return self._loop.run(self._load(conversation_id, owner))

    def delete(self, conversation_id: str, owner: str) -> None:
        """End and delete a conversation. Raises KeyError for any but the person's own."""
        conversation = self.get(conversation_id, owner)
        conversation.let_go()
        self._open.pop(conversation_id, None)
        self._known.pop(conversation_id, None)
        self.library.delete(conversation_id, owner)

    def unavailable(self, name: ProviderName, owner: str) -> str | None:
        """Why a person can't use a provider here, and what to do; None when they can."""
        try:
            return self._loop.run(self._providers.get(name, owner).available())
        except RingfenceError as error:
            return str(error)

    def check(self) -> None:
        """Whether people can be let in. Raises ProviderUnavailable with the reason where they can't."""
        self._database.check()
        self._artifacts.check()
        if self._upkeep.ended:
            raise ProviderUnavailable("A loop that keeps to the contracts' limits has ended; restart the app.")

    def close(self) -> None:
        """Stop every turn, close every sandbox, and end the loop."""
        self._loop.run(self._close(), _CLOSE_SECONDS)
        self._loop.close()
        with suppress(StoreUnavailable):
            self._seats.leave()
        self._instruments.close()
        self._database.close()

    def _end(self, conversation_id: str) -> None:
        owner = self._conversations.owner_of(conversation_id)
        if owner is not None:
            self.get(conversation_id, owner).end_by_operator()

    def _titles(self, owner: str) -> dict[str, str]:
        return {row.id: row.title for row in self._conversations.list(owner)}

    async def _load(self, conversation_id: str, owner: str) -> Conversation:
        # On the loop, so that two script runs can't load the same conversation twice.
        if (loaded := self._known.get(conversation_id)) is None:
            loaded = self._known[conversation_id] = self._read(conversation_id, owner)
        return loaded

    def _read(self, conversation_id: str, owner: str) -> Conversation:
        log = Log(conversation_id, self._events)
        spending = Spending(self._ledger, owner, conversation_id)
        artifacts = NotedArtifacts(self._artifacts, self._puts, conversation_id)
        hold = Hold(
            conversation=conversation_id,
            owner=owner,
            log=log,
            spending=spending,
            provider=lambda name: self._providers.get(name, owner),
            gate=self._gate,
            artifacts=artifacts,
            workspace=Workspace(conversation_id, owner, self._workspaces, artifacts),
            make_room=partial(self._make_room, owner),
            ceiling=self.ceiling,
            checked=partial(self.validations.require, owner),
            orphans=self._orphans,
        )
        return Conversation(
            conversation_id=conversation_id,
            owner=owner,
            loop=self._loop,
            log=log,
            hold=hold,
            spending=spending,
            artifacts=artifacts,
            drafts=self._drafts,
            conversations=self._conversations,
            planners=self._planners,
            ceiling=self.ceiling,
            seat=Seat(
                conversation_id,
                log,
                seats=self._seats,
                requests=self._requests,
                settle_orphans=self._orphans.settle,
                taken=lambda: self._keep(conversation_id),
                bill=partial(self._planners.bill, conversation_id),
            ),
            given_up=lambda gone: self._open.pop(gone.id, None),
            idle_seconds=lambda: self._idle.memory,
        )

    def _keep(self, conversation_id: str) -> None:
        self._open[conversation_id] = self._known[conversation_id]

    async def _make_room(self, owner: str) -> None:
        """Close the sandbox of this person's that has rested longest, if any rests."""
        mine = [conversation for conversation in self._open.values() if conversation.owner == owner]
        resting = [(since, one.id, one) for one in mine if (since := one.resting_since) is not None]
        if resting:
            await min(resting)[2].make_room()
        elif time.monotonic() - self._asked_for_room.get(owner, -_ROOM_SECONDS) > _ROOM_SECONDS:
            self._asked_for_room[owner] = time.monotonic()
            elsewhere = {one.conversation_id for one in self._sandboxes.of_person(owner)} - set(self._open)
            if elsewhere:
                conversation_id = random.choice(sorted(elsewhere))  # noqa: S311  nothing is kept secret by it
                (await self._load(conversation_id, owner)).make_room_elsewhere()

    def _leased(self, owner: str, purpose: Purpose, opened: Provider) -> Leased:
        till = Till(self._ledger, owner, purpose)
        return Leased(opened, self._gate, owner, partial(self._make_room, owner), till)

    def _in_use(self, opened: Provider) -> bool:
        return self.validations.uses(opened) or any(one.uses(opened) for one in tuple(self._open.values()))

    async def _end_by(self, opened: Provider) -> None:
        """End what runs by a key that its person takes back."""
        await self.validations.end(opened)
        for conversation in tuple(self._open.values()):
            if conversation.uses(opened):
                await conversation.end_sandbox("key_forgotten")

    async def _warm(self) -> None:
        """Most conversations begin on this machine, and the first should not wait; but the first page comes first."""
        await asyncio.sleep(_WARM_AFTER_SECONDS)
        await self._planners.warm()
        await self._providers.get("local").warm()

    async def _reclaim(self, dead: bool) -> None:
        """Take over or end what processes that are gone held, here and elsewhere."""
        await self._orphans.reclaim(self._take, here=(self._providers.get("local"),) if dead else ())

    async def _take(self, conversation_id: str) -> bool:
        owner = self._conversations.owner_of(conversation_id)
        return owner is not None and (await self._load(conversation_id, owner)).take()

    async def _close(self) -> None:
        self._upkeep.cancel()
        self._warming.cancel()
        self._reclaiming.cancel()
        await self.validations.close()
        await self.keys.close()
        ended = await asyncio.gather(*(one.close() for one in tuple(self._open.values())), return_exceptions=True)
        for failure in (one for one in ended if isinstance(one, Exception)):
            _log.warning("conversation_not_closed", reason=str(failure))
        await self._providers.aclose()
        await self._planners.close()
