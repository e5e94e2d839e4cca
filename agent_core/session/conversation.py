"""One conversation: its events, its sandbox, its planner and its contract."""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from agent_core.analyst.suggestions import suggest
from agent_core.background import BackgroundLoop, Job
from agent_core.contract import Ceiling, Contract, Language, PlannerSettings, planner_changes
from agent_core.contract.capabilities import check
from agent_core.contract.diff import changes
from agent_core.contract.invalid import validated
from agent_core.events import (
    ContractChanged,
    FileRemoved,
    PlannerChanged,
    UserAsked,
)
from agent_core.files.samples import SAMPLES
from agent_core.planning.base import Planner
from agent_core.sandbox.base import Provider
from agent_core.session.bench import Bench
from agent_core.session.draft import DraftBoard
from agent_core.session.hold import CloseReason, Hold
from agent_core.session.intake import Intake, Taken
from agent_core.session.log import Log
from agent_core.session.offer import PlannerOffer
from agent_core.session.planners import Planners
from agent_core.session.spending import Spending
from agent_core.session.turn import Turns
from agent_core.session.values import Draft, IncomingFile, Snapshot
from agent_core.storage.artifacts import ArtifactStore
from agent_core.storage.conversations import ConversationStore
from agent_core.tools.outcome import Outcome

_TITLE_LENGTH = 60
_CLOSE_SECONDS = 10


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
        artifacts: ArtifactStore,
        conversations: ConversationStore,
        planners: Planners,
        ceiling: Ceiling,
        in_use: Callable[["Conversation"], None],
    ) -> None:
        self.id = conversation_id
        self.owner = owner
        self.ceiling = ceiling
        """The operator's bounds on its contract."""
        self._loop = loop
        self._in_use = in_use
        self._used_at = time.monotonic()
        self._log = log
        self._hold = hold
        self._artifacts = artifacts
        self._conversations = conversations
        self._planners = planners
        self._draft = DraftBoard(log)
        self._bench = Bench(log, self._draft, hold, artifacts)
        self._intake = Intake(log, self._draft, hold, artifacts)
        self._turns = Turns(
            log=log,
            draft=self._draft,
            hold=hold,
            spending=spending,
            intake=self._intake,
            bench=self._bench,
            planner=self._current_planner,
            model=lambda: planners.model(self.planning),
        )
        self._planner: Planner | None = None
        self._work: Job | None = None
        self._suggested_for: tuple[tuple[str, str], ...] = ()
        self._suggested: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether a turn, or a look inside a file, is under way."""
        return self._work is not None and not self._work.done

    @property
    def offer(self) -> PlannerOffer | None:
        """What its planner may be set to; None where the built-in analyst plans."""
        return None if self._planners.builtin else self._planners.offer

    @property
    def planning(self) -> PlannerSettings:
        """How its planner is set, from the next turn on."""
        return self._log.state.planner or self._planners.offer.usual

    @property
    def planner_label(self) -> str:
        """Such as "Claude (claude-sonnet-4-6)" or "Built-in analyst"."""
        return self._planners.label(self.planning)

    def snapshot(self, after: int = 0) -> Snapshot:
        """Everything the screen needs, with the events after number `after`."""
        self.touch()
        with self._log.lock:
            state = self._log.state
            return Snapshot(
                events=self._log.after(after),
                last=self._log.last,
                busy=self.busy,
                draft=self._waiting(self._draft.current) if self.busy else None,
                contract=state.contract,
                contract_version=state.version,
                sandbox=self._hold.state,
                cost=self._log.cost(),
                closing=None if self.busy else self._hold.closing,
                suggestions=self._suggestions(),
                withheld=self._hold.withheld,
            )

    def ask(self, text: str, files: Sequence[IncomingFile] = ()) -> bool:
        """Open a turn with a message and the files that come with it.

        A file that is refused becomes a FileRefused event; the others come in all the same.
        False, and nothing is taken, while a turn is running: another tab may have been quicker.
        """
        if self.busy:
            return False
        taken = self._intake.take(files)
        turn = uuid4().hex
        with self._log.lock:
            if self.busy:
                return False
            names = tuple(upload.name for upload in taken.uploads)
            version = self._log.state.version
            asked = UserAsked(turn=turn, text=text, files=names, contract_version=version)
            self._log.append(asked, *taken.refused)
            self._draft.begin(turn, "Thinking")
            self._work = self._start(self._turns.run(turn, text, taken))
        if self._log.state.asked == 1:
            self.rename(_title(text, names))
        return True

    def run_code(self, code: str, language: Language, told: Callable[[Outcome], None] = lambda _: None) -> bool:
        """Run code past the planner, as a turn of its own under the contract.

        `told` gets what it came to, on the background loop; never, where the turn failed before or was stopped.
        False, and nothing runs, while a turn is running.
        """
        turn = uuid4().hex
        with self._log.lock:
            if self.busy:
                return False
            text, version = f"{_fence(code)}{language}\n{code}\n{_fence(code)}", self._log.state.version
            self._log.append(UserAsked(turn=turn, text=text, contract_version=version, past_planner=True))
            self._draft.begin(turn, "Opening a sandbox")
            self._work = self._start(self._turns.run_code(turn, code, language, told))
        return True

    def upload(self, files: Sequence[IncomingFile]) -> bool:
        """Bring files in without asking anything. False, and nothing is taken, while a turn is running."""
        return not self.busy and self._look(self._intake.take(files))

    def add_sample(self, name: str) -> None:
        """Bring in one of `agent_core.files.samples.SAMPLES`."""
        sample = next(sample for sample in SAMPLES if sample.name == name)
        with sample.path.open("rb") as content:
            self.upload([IncomingFile(sample.file_name, content, sample.path.stat().st_size)])

    def remove_file(self, name: str) -> None:
        """Take an uploaded file out of the conversation and its sandbox."""
        if name in self._log.state.files:
            self._log.append(FileRemoved(name=name))
            self._start(self._hold.remove_files())

    def wait(self) -> None:
        """Block until nothing of a turn runs any more. Never call this from the background loop."""
        if self._work is not None:
            self._loop.run(self._work.wait())

    def stop(self) -> None:
        """Cancel the running turn and the sandbox call under it. Nothing happens when none runs."""
        if self._work is not None:
            self._work.cancel()

    def amend(self, contract: Contract, by: str = "you") -> int:
        """Put a new version of the contract in force, at once, and return its number.

        An unchanged contract makes no version. Raises ClauseRefused for a contract that the provider
        can't enforce, or an edit that the operator's policy forbids; the one in force stays.
        """
        with self._log.lock:
            state = self._log.state
            if contract == state.contract:
                return state.version
            validated(contract.model_dump())
            self.ceiling.check_edit(state.contract, contract)
            check(contract)
            sentences = changes(state.contract, contract)
            version = state.version + 1
            self._log.append(ContractChanged(version=version, contract=contract, by=by, changes=sentences))
        self._start(self._apply())
        return version

    def plan(self, settings: PlannerSettings) -> None:
        """Set the planner otherwise, from the next turn on.

        Raises ProviderUnavailable for a model that is not offered, and for what the operator's policy forbids.
        """
        self._planners.offer.check(settings)
        with self._log.lock:
            if sentences := planner_changes(self.planning, settings):
                self._log.append(PlannerChanged(settings=settings, changes=sentences))

    def restart_sandbox(self) -> None:
        """Close the sandbox so that the next call opens one under the contract in force."""
        self._start(self._hold.close("closed_by_person"))

    def uses(self, provider: Provider) -> bool:
        """Whether its sandbox is this provider's, or is about to be."""
        return self._hold.uses(provider)

    async def end_sandbox(self, reason: CloseReason) -> None:
        """Stop the turn and close the sandbox; the files are kept and the conversation can go on."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait_for(self._work.wait(), _CLOSE_SECONDS)
        await self._hold.close(reason)

    def extend(self) -> None:
        """Have the idle time of a resting sandbox begin anew; its longest life stays."""
        self._hold.extend()

    def rename(self, title: str) -> None:
        """Give the conversation another name."""
        self._conversations.rename(self.id, title)

    def read_artifact(self, sha256: str) -> bytes:
        """The bytes of an artifact or upload of this conversation. Raises KeyError for any other."""
        if sha256 not in self._log.references():
            raise KeyError(sha256)
        return self._artifacts.read(sha256)

    @property
    def resting_since(self) -> datetime | None:
        """Since when its sandbox has had nothing to do; None when it has none, or a turn is under way."""
        return None if self.busy else self._hold.resting_since

    async def make_room(self) -> None:
        """Close a resting sandbox for another conversation's sake; its files are kept."""
        await self._hold.close("made_room")

    def touch(self) -> None:
        """Note that it is in use."""
        self._used_at = time.monotonic()

    def idle_for(self, seconds: float) -> bool:
        """Whether it has no turn and no sandbox, and nobody has read or done anything for so long."""
        unused = time.monotonic() - self._used_at > seconds
        return unused and not self.busy and self._hold.state.phase == "none"

    async def rest(self) -> None:
        """Give back the planner's process; the next turn resumes with the same context."""
        if self._planner is not None:
            await self._planner.release()

    async def tick(self, now: datetime) -> None:
        """About once a second: what the contract says about time and money."""
        await self._hold.tick(now)

    async def close(self) -> None:
        """End the turn, the planner and the sandbox."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait_for(self._work.wait(), _CLOSE_SECONDS)
        if self._planner is not None:
            await self._planner.close()
        await self._hold.close("app_stopped")

    def _start(self, work: Coroutine[Any, Any, None]) -> Job:
        self.touch()
        self._in_use(self)
        return self._loop.start(work)

    def _look(self, taken: Taken) -> bool:
        with self._log.lock:
            if self.busy:
                return False
            if taken.refused:
                self._log.append(*taken.refused)
            if taken.uploads:
                self._name_by_file(taken)
                self._draft.begin("", "Reading files")
                self._work = self._start(self._turns.look_inside(taken))
        return True

    def _name_by_file(self, taken: Taken) -> None:
        state = self._log.state
        if not state.asked and not state.files:
            self.rename(_title("", [taken.uploads[0].name]))

    def _suggestions(self) -> tuple[str, ...]:
        """Thought of once for each set of files: the screen asks four times a second."""
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

    async def _apply(self) -> None:
        self._turns.reschedule()
        await self._hold.amend()
        await self._hold.tick(datetime.now(UTC))

    def _current_planner(self) -> Planner:
        if self._planner is None:
            self._planner = self._planners.make(self.id, self._bench, lambda: self.planning)
        return self._planner


def _title(text: str, names: Sequence[str]) -> str:
    line = " ".join(text.split()) or ", ".join(names) or "New conversation"
    return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1].rstrip() + "…"


def _fence(code: str) -> str:
    """One longer than any in the code, so that all of it stands inside."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    return "`" * max(3, longest + 1)
