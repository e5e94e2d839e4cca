"""One conversation: its events, its sandbox, its planner and its contract.

Any process shows it; the one that has its seat writes it. What is asked of it elsewhere is done there.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from agent_core.analyst.suggestions import suggest
from agent_core.background import BackgroundLoop
from agent_core.contract import Ceiling, Contract, Language, PlannerSettings
from agent_core.contract.invalid import validated
from agent_core.errors import ClauseRefused, ProviderUnavailable
from agent_core.files.samples import SAMPLES
from agent_core.sandbox.base import Provider
from agent_core.session.bench import Bench
from agent_core.session.desk import Desk
from agent_core.session.draft import DraftBoard
from agent_core.session.elsewhere import Elsewhere, sandbox
from agent_core.session.hold import Hold
from agent_core.session.intake import Intake
from agent_core.session.log import Log
from agent_core.session.offer import PlannerOffer
from agent_core.session.orders import Amend, Answer, Ask, Bring, Order, Plain, Plan, Remove
from agent_core.session.planners import Planners
from agent_core.session.sandbox_events import CloseReason
from agent_core.session.seat import Seat
from agent_core.session.spending import Spending
from agent_core.session.values import Draft, IncomingFile, Snapshot
from agent_core.session.variables import Variable
from agent_core.storage.artifacts import Artifacts
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.drafts import Drafts
from agent_core.tools.outcome import Outcome

_SERVE_SECONDS = 30


class Conversation:
    """A conversation of one person. Get one from `Deployment`."""

    def __init__(
        self,
        *,
        conversation_id: str,
        owner: str,
        loop: BackgroundLoop,
        log: Log,
        hold: Hold,
        spending: Spending,
        artifacts: Artifacts,
        drafts: Drafts,
        conversations: ConversationStore,
        planners: Planners,
        ceiling: Ceiling,
        seat: Seat,
        given_up: Callable[["Conversation"], object],
        idle_seconds: Callable[[], float],
    ) -> None:
        self.id = conversation_id
        self.owner = owner
        self.ceiling = ceiling
        """The operator's bounds on its contract."""
        self._loop = loop
        self._log = log
        self._seat = seat
        self._given_up = given_up
        self._idle_seconds = idle_seconds
        self._hold = hold
        self._artifacts = artifacts
        self._conversations = conversations
        self._planners = planners
        self._draft = DraftBoard(log)
        self._elsewhere = Elsewhere(conversation_id, log, drafts)
        self._bench = Bench(log, self._draft, hold, artifacts)
        self._intake = Intake(log, self._draft, hold, artifacts)
        self._desk = Desk(
            conversation_id=conversation_id,
            loop=loop,
            log=log,
            hold=hold,
            draft=self._draft,
            bench=self._bench,
            intake=self._intake,
            spending=spending,
            planners=planners,
            ceiling=ceiling,
            rename=self.rename,
        )
        self._suggested_for: tuple[tuple[str, str], ...] = ()
        self._suggested: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether a turn, or a look inside a file, is under way, in this process or another."""
        self._seat.follow()
        return self._under_way

    @property
    def held(self) -> bool:
        """Whether this process writes it."""
        return self._seat.held

    @property
    def offer(self) -> PlannerOffer | None:
        """What its planner may be set to; None where the built-in analyst plans."""
        return None if self._planners.builtin else self._planners.offer

    @property
    def planning(self) -> PlannerSettings:
        """How its planner is set, from the next turn on."""
        return self._desk.planning

    @property
    def planner_label(self) -> str:
        """Such as "Claude (claude-sonnet-4-6)" or "Built-in analyst"."""
        return self._planners.label(self.planning)

    def take(self) -> bool:
        """Write it from here, unless another living process does."""
        return self._seat.take()

    def snapshot(self, after: int = 0) -> Snapshot:
        """Everything the screen needs, with the events after number `after`."""
        self._seat.touch()
        self._seat.follow()
        if not self._seat.held:
            self._elsewhere.look()
        with self._log.lock:
            state, here = self._log.state, self._seat.held
            busy = self._under_way
            return Snapshot(
                events=self._log.after(after),
                last=self._log.last,
                busy=busy,
                draft=self._waiting(self._draft.current if here else self._elsewhere.draft) if busy else None,
                contract=state.contract,
                contract_version=state.version,
                sandbox=self._hold.shown if here else sandbox(state),
                cost=self._log.cost(),
                closing=None if busy else self._hold.closing,
                suggestions=self._suggestions(),
                withheld=self._hold.withheld,
            )

    def listen(self, heard: int, seconds: float) -> int:
        """Wait until there is news since `heard`, or the time is over; what to say the next time.

        Where another process works on it there always is: what that one tells is to be looked for.
        """
        return self._log.bell.wait(heard, seconds) if self._seat.held else heard + 1

    @property
    def draft(self) -> tuple[int, Draft] | None:
        """What the turn that runs here shows, and the number of the event that it follows on."""
        with self._log.lock:
            draft = self._waiting(self._draft.current)
            return None if draft is None or not self._seat.held else (self._log.last, draft)

    def ask(self, text: str, files: Sequence[IncomingFile] = ()) -> bool:
        """Open a turn with a message and the files that come with it.

        A file that is refused becomes a FileRefused event; the others come in all the same.
        False, and nothing is taken, while a turn is running: another tab may have been quicker.
        """
        if self.busy:
            return False
        taken = self._intake.take(files)
        return self._order(Ask(turn=uuid4().hex, text=text, uploads=taken.uploads, refused=taken.refused)).taken

    def run_code(self, code: str, language: Language, told: Callable[[Outcome], None] = lambda _: None) -> bool:
        """Run code past the planner, as a turn of its own under the contract.

        `told` gets what it came to, on the background loop; never, where the turn failed before or was stopped.
        False, and nothing runs, while a turn is running. Raises ProviderUnavailable where another process holds it.
        """
        if not self._seat.take():
            raise ProviderUnavailable("Another process of the app works on this conversation. Try again when it rests.")
        return self._desk.run_code(code, language, told)

    def variables(self) -> tuple[Variable, ...] | None:
        """What the live session knows; None while a turn runs, and where no sandbox rests.

        It is no run and changes nothing, not even how long the sandbox may rest. Waits for seconds at most.
        """
        return None if self.busy else self._loop.run(self._hold.variables(), _SERVE_SECONDS)

    def upload(self, files: Sequence[IncomingFile]) -> bool:
        """Bring files in without asking anything. False, and nothing is taken, while a turn is running."""
        if self.busy:
            return False
        taken = self._intake.take(files)
        return self._order(Bring(uploads=taken.uploads, refused=taken.refused)).taken

    def add_sample(self, name: str) -> None:
        """Bring in one of `agent_core.files.samples.SAMPLES`."""
        sample = next(sample for sample in SAMPLES if sample.name == name)
        with sample.path.open("rb") as content:
            self.upload([IncomingFile(sample.file_name, content, sample.path.stat().st_size)])

    def remove_file(self, name: str) -> None:
        """Take an uploaded file out of the conversation and its sandbox."""
        self._order(Remove(name=name))

    def wait(self) -> None:
        """Block until nothing of a turn runs here any more. Never call this from the background loop."""
        self._loop.run(self._desk.wait())

    def stop(self) -> None:
        """Cancel the running turn and the sandbox call under it. Nothing happens when none runs."""
        if self.busy:
            self._order(Plain(kind="stop"))

    def amend(self, contract: Contract, by: str = "you") -> int:
        """Put a new version of the contract in force, at once, and return its number.

        An unchanged contract makes no version. Raises ClauseRefused for a contract that the provider
        can't enforce, or an edit that the operator's policy forbids; the one in force stays.
        """
        validated(contract.model_dump())
        answer = self._order(Amend(contract=contract, by=by))
        if answer.refusal:
            raise ClauseRefused(answer.clause, answer.refusal)
        return answer.version

    def plan(self, settings: PlannerSettings) -> None:
        """Set the planner otherwise, from the next turn on.

        Raises ProviderUnavailable for a model that is not offered, and for what the operator's policy forbids.
        """
        self._planners.offer.check(settings)
        self._order(Plan(settings=settings))

    def restart_sandbox(self) -> None:
        """Close the sandbox so that the next call opens one under the contract in force."""
        self._order(Plain(kind="restart"))

    def uses(self, provider: Provider) -> bool:
        """Whether its sandbox is this provider's, or is about to be."""
        return self._hold.uses(provider)

    async def end_sandbox(self, reason: CloseReason) -> None:
        """Stop the turn and close the sandbox; the files are kept and the conversation can go on."""
        await self._desk.end_turn()
        await self._hold.close(reason)

    def end_by_operator(self) -> None:
        """Do so in whichever process holds it."""
        self._order(Plain(kind="end"))

    def extend(self) -> None:
        """Have the idle time of a resting sandbox begin anew; its longest life stays."""
        self._order(Plain(kind="extend"))

    def let_go(self) -> None:
        """End the turn, the planner and the sandbox in whichever process; this one writes the conversation then."""
        self._order(Plain(kind="let_go"))
        self._seat.take()

    def rename(self, title: str) -> None:
        """Give the conversation another name."""
        self._conversations.rename(self.id, title)

    def read_artifact(self, sha256: str) -> bytes:
        """The bytes of an artifact or upload of this conversation. Raises KeyError for any other."""
        if sha256 not in self._log.references():
            raise KeyError(sha256)
        return self._artifacts.read(sha256)

    @property
    def sandbox_id(self) -> str | None:
        """The sandbox that this process holds for it."""
        return self._hold.sandbox_id

    def lose(self) -> None:
        """Another process may have the seat by now: nothing is written any more, and the next tick ends all of it."""
        self._log.seat = None

    @property
    def resting_since(self) -> datetime | None:
        """Since when its sandbox has had nothing to do; None when it has none, or a turn is under way."""
        return None if self._desk.working else self._hold.resting_since

    async def make_room(self) -> None:
        """Close a resting sandbox for another conversation's sake; its files are kept."""
        await self._hold.close("made_room")

    def make_room_elsewhere(self) -> None:
        """Have the process that holds it do so."""
        self._seat.tell(Plain(kind="make_room"))

    async def tick(self, now: datetime) -> None:
        """About once a second: what is owed to the store, and what the contract says about time and money.

        A conversation that rests is given up, so that any process can take it.
        """
        if not self._seat.held:
            await self.close()
            return
        self._log.settle()
        if not self._desk.working and self._log.settled and self._log.state.open_turn is not None:
            self._seat.recover()
        await self._hold.tick(now)
        resting = not self._desk.working and self._hold.empty and self._log.settled
        if resting and time.monotonic() - self._seat.used_at > self._idle_seconds():
            await self.close()

    async def close(self) -> None:
        """End the turn, the planner and the sandbox, and give the seat up."""
        await self._desk.close()
        self._seat.give_up()
        self._given_up(self)

    async def serve(self, order: Order) -> Answer:
        """Do what another process, or `_order`, asks of this one, which has the seat."""
        match order:
            case Plain(kind="end"):
                await self._desk.end_turn()
                await self._hold.close("closed_by_operator")
            case Plain(kind="let_go"):
                await self.close()
            case Plain(kind="make_room"):
                if self.resting_since is not None:
                    await self.make_room()
            case _:
                return self._desk.do(order)
        return Answer()

    def _order(self, order: Order) -> Answer:
        if not self._seat.take():
            answer = self._seat.ask(order)
            if answer is not None:
                return answer
        if isinstance(order, Plain) and order.kind in {"end", "let_go"}:
            return self._loop.run(self.serve(order), _SERVE_SECONDS)
        return self._desk.do(order)

    @property
    def _under_way(self) -> bool:
        return self._desk.working or (not self._seat.held and self._log.state.open_turn is not None)

    def _suggestions(self) -> tuple[str, ...]:
        """Thought of once for each set of files: the screen asks several times a second."""
        files = self._log.state.files
        known = tuple((name, upload.sha256) for name, (upload, _) in files.items())
        if known != self._suggested_for:
            self._suggested_for = known
            self._suggested = suggest({name: profile for name, (_, profile) in files.items()})
        return self._suggested

    def _waiting(self, draft: Draft | None) -> Draft | None:
        ahead = self._hold.state.ahead
        if draft is None or ahead is None:
            return draft
        place = "next in line" if ahead == 0 else f"{ahead} before this one"
        return replace(draft, status=f"Waiting for a sandbox, {place}")
