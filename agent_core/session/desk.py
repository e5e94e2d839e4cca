"""Where a conversation's orders are carried out: in the process that has its seat."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

from agent_core.background import BackgroundLoop, Job
from agent_core.contract import Ceiling, Language, PlannerSettings, planner_changes
from agent_core.contract.capabilities import check
from agent_core.contract.diff import changes
from agent_core.contract.invalid import validated
from agent_core.errors import ClauseRefused, StoreUnavailable
from agent_core.events import ContractChanged, FileRemoved, PlannerChanged, UserAsked
from agent_core.planning.base import Planner
from agent_core.session.bench import Bench
from agent_core.session.draft import DraftBoard
from agent_core.session.hold import Hold
from agent_core.session.intake import Intake, Taken
from agent_core.session.log import Log
from agent_core.session.orders import Amend, Answer, Ask, Bring, Order, Plain, Plan, Remove
from agent_core.session.planners import Planners
from agent_core.session.spending import Spending
from agent_core.session.titles import title
from agent_core.session.turn import Turns
from agent_core.tools.outcome import Outcome

_CLOSE_SECONDS = 10


class Desk:
    """Runs one conversation's turns and edits, for as long as this process has its seat."""

    def __init__(
        self,
        *,
        conversation_id: str,
        loop: BackgroundLoop,
        log: Log,
        hold: Hold,
        draft: DraftBoard,
        bench: Bench,
        intake: Intake,
        spending: Spending,
        planners: Planners,
        ceiling: Ceiling,
        rename: Callable[[str], None],
    ) -> None:
        self._conversation_id = conversation_id
        self._loop = loop
        self._log = log
        self._hold = hold
        self._draft = draft
        self._bench = bench
        self._planners = planners
        self._ceiling = ceiling
        self._rename = rename
        self._turns = Turns(
            log=log,
            draft=draft,
            hold=hold,
            spending=spending,
            intake=intake,
            bench=bench,
            planner=self._current_planner,
            model=lambda: planners.model(self.planning, log.state.contract.provider),
        )
        self._planner: Planner | None = None
        self._work: Job | None = None

    @property
    def planning(self) -> PlannerSettings:
        """How the planner is set, from the next turn on."""
        return self._log.state.planner or self._planners.offer.usual

    @property
    def working(self) -> bool:
        """Whether a turn, or a look inside a file, is under way in this process."""
        return self._work is not None and not self._work.done

    def do(self, order: Order) -> Answer:
        """Carry an order out; what takes long goes on by itself."""
        match order:
            case Ask():
                return Answer(taken=self._ask(order))
            case Bring():
                return Answer(taken=self._look(Taken(order.uploads, order.refused)))
            case Remove(name=name):
                if name in self._log.state.files:
                    self._log.append(FileRemoved(name=name))
                    self._loop.start(self._hold.remove_files())
            case Amend():
                return self._amend(order)
            case Plan():
                self._plan(order)
            case Plain():
                self._plain(order)
        return Answer()

    def _plain(self, order: Plain) -> None:
        match order.kind:
            case "stop":
                if self._work is not None:
                    self._work.cancel()
            case "restart":
                self._loop.start(self._hold.close("closed_by_person"))
            case "extend":
                self._hold.extend()
            case _:
                raise AssertionError  # these take their time: `Conversation.serve`

    def _plan(self, order: Plan) -> None:
        with self._log.lock:
            if sentences := planner_changes(self.planning, order.settings):
                self._log.append(PlannerChanged(settings=order.settings, changes=sentences))

    def _ask(self, order: Ask) -> bool:
        taken = Taken(order.uploads, order.refused)
        names = tuple(upload.name for upload in taken.uploads)
        with self._log.lock:
            if self._log.has_turn(order.turn):
                return True  # a process that died had begun it
            if self.working:
                return False
            version = self._log.state.version
            asked = UserAsked(turn=order.turn, text=order.text, files=names, contract_version=version)
            self._log.append(asked, *taken.refused)
            self._draft.begin(order.turn, "Thinking")
            self._work = self._loop.start(self._turns.run(order.turn, order.text, taken))
        if self._log.state.asked == 1:
            self._name(title(order.text, names))
        return True

    def _amend(self, order: Amend) -> Answer:
        contract = order.contract
        try:
            with self._log.lock:
                state = self._log.state
                if contract == state.contract:
                    return Answer(version=state.version)
                validated(contract.model_dump())
                self._ceiling.check_edit(state.contract, contract)
                check(contract)
                sentences = changes(state.contract, contract)
                version = state.version + 1
                self._log.append(ContractChanged(version=version, contract=contract, by=order.by, changes=sentences))
        except ClauseRefused as refused:
            return Answer(refusal=str(refused), clause=refused.clause)
        self._loop.start(self._apply())
        return Answer(version=version)

    async def end_turn(self) -> None:
        """Stop the turn, and wait until nothing of it runs."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait_for(self._work.wait(), _CLOSE_SECONDS)

    async def wait(self) -> None:
        """Wait until nothing of a turn runs any more."""
        if self._work is not None:
            await self._work.wait()

    async def close(self) -> None:
        """End the turn, the planner and the sandbox."""
        await self.end_turn()
        if self._planner is not None:
            await self._planner.close()
        await self._hold.close("app_stopped")

    def run_code(self, code: str, language: Language, told: Callable[[Outcome], None]) -> bool:
        """As `Conversation.run_code`."""
        turn = uuid4().hex
        with self._log.lock:
            if self.working:
                return False
            text, version = f"{_fence(code)}{language}\n{code}\n{_fence(code)}", self._log.state.version
            self._log.append(UserAsked(turn=turn, text=text, contract_version=version, past_planner=True))
            self._draft.begin(turn, "Opening a sandbox")
            self._work = self._loop.start(self._turns.run_code(turn, code, language, told))
        return True

    def _look(self, taken: Taken) -> bool:
        with self._log.lock:
            if self.working:
                return False
            if taken.refused:
                self._log.append(*taken.refused)
            if taken.uploads:
                self._name_by_file(taken)
                self._draft.begin("", "Reading files")
                self._work = self._loop.start(self._turns.look_inside(taken))
        return True

    def _name_by_file(self, taken: Taken) -> None:
        state = self._log.state
        if not state.asked and not state.files:
            self._name(title("", [taken.uploads[0].name]))

    def _name(self, name: str) -> None:
        with suppress(StoreUnavailable):  # a name can be given later
            self._rename(name)

    async def _apply(self) -> None:
        self._turns.reschedule()
        await self._hold.amend()
        await self._hold.tick(datetime.now(UTC))

    def _current_planner(self) -> Planner:
        if self._planner is None:
            self._planner = self._planners.make(self._conversation_id, self._bench, lambda: self.planning)
        return self._planner


def _fence(code: str) -> str:
    """One longer than any in the code, so that all of it stands inside."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    return "`" * max(3, longest + 1)
